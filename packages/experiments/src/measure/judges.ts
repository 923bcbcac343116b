/** @file Who can say which of two images is better: a trained scorer, or the simple aesthetic score. */
import { availableParallelism } from "node:os";
import { openScorer } from "@pickapic/pickscore";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { aestheticScore } from "./aesthetic.ts";

export interface Judge {
  readonly name: string;
  /** One score per encoded image; the difference of two is the log odds that the first is preferred. */
  score(prompt: string, images: readonly Uint8Array[]): Promise<number[]>;
  close(): Promise<void>;
}

/** The name of the judge who looks at the pictures alone. */
export const AESTHETIC = "aesthetic";

/** "aesthetic", a shipped scorer or the folder of one. */
async function openJudge(name: string, options: JudgeOptions): Promise<Judge> {
  if (name !== AESTHETIC) return openScorer(name, options);
  const { pixels } = options;
  const score: Judge["score"] = (_prompt, images) => Promise.all(images.map((image) => aestheticScore(image, pixels)));
  return { name, score, close: async () => {} };
}

export interface JudgeOptions {
  /** Of each; 0 shares the cores of the machine among them: they work side by side. */
  readonly threads: number;
  /** How the files of images are read; "browser" unless given. */
  readonly pixels?: PixelPolicy | undefined;
}

/** Opens all of them, or none when one cannot be opened. Close them when done. */
export async function openJudges(names: readonly string[], { threads, pixels }: JudgeOptions): Promise<Judge[]> {
  const models = names.filter((name) => name !== AESTHETIC).length;
  const each = threads || Math.max(1, Math.floor(availableParallelism() / models));
  const opened = await Promise.allSettled(names.map((name) => openJudge(name, { threads: each, pixels })));
  const judges = opened.filter((result) => result.status === "fulfilled").map((result) => result.value);
  const failed = opened.find((result) => result.status === "rejected");
  if (!failed) return judges;
  await closeJudges(judges);
  throw failed.reason;
}

export async function closeJudges(judges: readonly Judge[]): Promise<void> {
  await Promise.all(judges.map((judge) => judge.close()));
}
