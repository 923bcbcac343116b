/** @file The batch at which training failed, saved for inspection: a table of its pairs, and their images as the dataset has them. */
import { join } from "node:path";
import { replaceFolder, writeWholeFile } from "@pickapic/disk";
import type { ExampleSource } from "../data/examples.ts";
import type { Pair } from "../data/plan.ts";
import { pairWeights } from "../loss.ts";
import type { Embedder } from "../model/embedder.ts";
import { runFiles } from "../run/runFolder.ts";
import { cosinesOf } from "./validate.ts";

export interface Divergence {
  /** Counted from 1: the step that was not made. */
  step: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
}

/** What to look at; `logitScale` is log T before the step. */
interface Evidence {
  pairs: readonly Pair[];
  embedder: Embedder;
  source: ExampleSource;
  logitScale: number;
}

/** JSON has no NaN: these numbers are the point here, so they are written as text. */
const plain = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/**
 * Writes batch.json and images/ into the folder `diverged` of a run folder, in place of what an earlier failure left there.
 * @returns that folder
 */
export async function saveDiverged(folder: string, what: Divergence, evidence: Evidence): Promise<string> {
  const { diverged } = runFiles(folder);
  await replaceFolder(diverged, async (beside) => {
    const files = await copyImages(evidence.pairs, evidence.source, beside);
    const table = {
      ...mapValues(what, plain),
      temperature: plain(Math.exp(evidence.logitScale)),
      pairs: await rowsOf(evidence, files),
    };
    await writeWholeFile(join(beside, "batch.json"), `${JSON.stringify(table, null, 2)}\n`);
  });
  return diverged;
}

const mapValues = <T extends object>(object: T, f: (value: number) => unknown) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value as number)]));

async function rowsOf({ pairs, embedder, logitScale }: Evidence, files: ReadonlyMap<string, string>) {
  const weights = pairWeights(pairs.map(({ examplesPerPrompt }) => examplesPerPrompt));
  const cosines = await cosinesOf(pairs, embedder);
  return pairs.map(({ id, caption, image0, image1, target }, i) => ({
    rankingId: id ?? null,
    caption,
    image0: { uid: image0, file: files.get(image0) ?? null, score: plain(Math.exp(logitScale) * cosines[i]!.cosine0) },
    image1: { uid: image1, file: files.get(image1) ?? null, score: plain(Math.exp(logitScale) * cosines[i]!.cosine1) },
    target,
    weight: weights[i]!,
  }));
}

/** Copies the encoded images out of the dataset. @returns uid -> path from `folder` */
async function copyImages(pairs: readonly Pair[], source: ExampleSource, folder: string): Promise<Map<string, string>> {
  const wanted = new Set(pairs.flatMap(({ image0, image1 }) => [image0, image1]));
  const files = new Map<string, string>();
  for await (const { image0, image1, bytes0, bytes1 } of source.read("train")) {
    for (const [uid, bytes] of [
      [image0, bytes0],
      [image1, bytes1],
    ] as const) {
      // biome-ignore format: pairs
      if (!wanted.delete(uid)) continue;
      const file = `images/${files.size}.${endingOf(bytes)}`;
      await writeWholeFile(join(folder, file), bytes);
      files.set(uid, file);
    }
    if (wanted.size === 0) break;
  }
  return files;
}

/** First bytes of the kinds that a dataset may hold. Uids are no file names: anybody may have chosen them. */
function endingOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  if (start.startsWith("\xff\xd8")) return "jpg";
  if (start === "\x89PNG") return "png";
  return start === "RIFF" ? "webp" : "bin";
}
