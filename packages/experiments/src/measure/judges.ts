/** @file Judges of images: a trained scorer, or the simple aesthetic score. */
import { availableParallelism } from "node:os";
import { openScorer } from "@pickapic/pickscore";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { aestheticScore } from "./aesthetic.ts";

/** Gives scores to images of a prompt. The caller closes it, because it may hold a model in a process of its own. */
export interface Judge {
  readonly name: string;
  /** Returns one score per encoded image. The difference of two scores is the log odds that the first image is preferred. */
  score(prompt: string, images: readonly Uint8Array[]): Promise<number[]>;
  close(): Promise<void>;
}

/** The name of the judge that does not read the prompt. */
export const AESTHETIC = "aesthetic";

/** Opens "aesthetic", a shipped scorer, or a scorer in a folder. */
async function openJudge(name: string, options: JudgeOptions): Promise<Judge> {
  if (name !== AESTHETIC) return openScorer(name, options);
  const { pixels } = options;
  const score: Judge["score"] = (_prompt, images) => Promise.all(images.map((image) => aestheticScore(image, pixels)));
  return { name, score, close: async () => {} };
}

/** How judges run: their threads, and how they read image files, on which their scores depend. */
export interface JudgeOptions {
  /** Threads of each judge; 0 divides the cores of the machine among the judges, which work at the same time. */
  readonly threads: number;
  /** How image files are read. Default "browser". */
  readonly pixels?: PixelPolicy | undefined;
}

/** Opens all judges, or none if one cannot be opened. The caller closes them. */
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

/** Closes all judges at the same time; they cannot be used afterwards. */
export async function closeJudges(judges: readonly Judge[]): Promise<void> {
  await Promise.all(judges.map((judge) => judge.close()));
}
