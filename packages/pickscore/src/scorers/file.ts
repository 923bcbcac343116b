/** @file A scorer that is a function in a file of the user. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import { type Ask, inBatches, type ScoreReply, withinTime } from "./external.ts";
import { bytesOf } from "./imageBytes.ts";
import { after, type ScorerKind } from "./kind.ts";
import { methodsOf } from "./scorer.ts";

/** What the file exports as `default` or `score`: one score for each image of a prompt, at once or as a promise. */
export type ScoreFunction = (prompt: string, images: readonly Uint8Array[]) => unknown;

/** A module of JavaScript or TypeScript. It runs in this process, with all its rights. */
export const fileKind: ScorerKind = {
  usesCores: false,
  argumentOf: after("file:"),
  async open(path, options) {
    const { timeoutMs = 60_000, signal } = options;
    const name = `file:${path}`;
    const file = resolve(path);
    const score = await functionIn(file, name);
    const ask: Ask = async (pairs) => {
      const images = await Promise.all(pairs.map(({ image }) => bytesOf(image)));
      const answers: ScoreReply[] = [];
      for (const { prompt, start, end } of runsOf(pairs.map((pair) => pair.prompt))) {
        const part = images.slice(start, end);
        const scores = await withinTime(name, { timeoutMs, signal }, async () => score(prompt, part));
        answers.push(...answersOf(scores, part.length, name));
      }
      return answers;
    };
    return {
      name,
      ...methodsOf(inBatches(ask, { ...options, name })),
      identify: async () =>
        `sha256:${createHash("sha256")
          .update(await readFile(file))
          .digest("hex")}`,
      close: async () => {},
    };
  },
};

async function functionIn(file: string, name: string): Promise<ScoreFunction> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new PickScoreError("PICKAPIC_SCORER_NAME", name, `there is no file ${file}`);
  const module: Record<string, unknown> = await import(pathToFileURL(file).href).catch((error) => {
    throw new PickScoreError("PICKAPIC_SCORER_NAME", name, `it cannot be loaded (${messageOf(error)})`).because(error);
  });
  const found = module.default ?? module.score;
  if (isFunction(found)) return found;
  throw new PickScoreError(
    "PICKAPIC_SCORER_NAME",
    name,
    "expected a function (prompt, images) => scores as its default export, or with the name score",
  );
}

const isFunction = (value: unknown): value is ScoreFunction => typeof value === "function";

function answersOf(scores: unknown, count: number, name: string): ScoreReply[] {
  if (!Array.isArray(scores) || scores.length !== count)
    throw new PickScoreError(
      "PICKAPIC_SCORER_REPLY",
      name,
      `an array of ${count} ${count === 1 ? "number" : "numbers"}`,
      Array.isArray(scores) ? `${scores.length}` : typeof scores,
    );
  return scores.map((score: unknown) => (typeof score === "number" ? score : { error: `the score is ${typeof score}` }));
}

/** Runs of equal neighbours. */
function runsOf(prompts: readonly string[]): { prompt: string; start: number; end: number }[] {
  const runs: { prompt: string; start: number; end: number }[] = [];
  for (const [i, prompt] of prompts.entries()) {
    const last = runs.at(-1);
    if (last?.prompt === prompt) last.end = i + 1;
    else runs.push({ prompt, start: i, end: i + 1 });
  }
  return runs;
}
