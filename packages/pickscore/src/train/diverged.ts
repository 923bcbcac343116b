/** @file Saves the batch of a step whose loss was not finite, for inspection: a table of its pairs, and their images as the dataset has them. */
import { join } from "node:path";
import { replaceFolder, writeWholeFile } from "@pickapic/disk";
import { itemAt } from "@pickapic/errors";
import type { ExampleSource } from "../data/examples.ts";
import type { Pair } from "../data/plan.ts";
import { pairWeights } from "../loss.ts";
import type { Embedder } from "../model/embedder.ts";
import { cosinesOf } from "./validate.ts";

/** A step whose loss or gradient norm is not finite. */
export interface Divergence {
  /** The step that failed, counted from 1. */
  step: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
}

/** The batch of the failed step and what reads it. `logitScale` is log T before the step. */
interface Evidence {
  pairs: readonly Pair[];
  embedder: Embedder;
  source: ExampleSource;
  logitScale: number;
}

/** A number, or its name as text when it is NaN or infinite: JSON has neither, and these are the numbers to look for here. */
const plain = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/**
 * Writes batch.json and images/ into `folder`, and replaces those of an earlier failure.
 * @returns the folder
 */
export async function saveDiverged(folder: string, what: Divergence, evidence: Evidence): Promise<string> {
  await replaceFolder(folder, async (beside) => {
    const files = await copyImages(evidence.pairs, evidence.source, beside);
    const table = {
      ...Object.fromEntries(Object.entries(what).map(([name, value]) => [name, plain(Number(value))])),
      temperature: plain(Math.exp(evidence.logitScale)),
      pairs: await rowsOf(evidence, files),
    };
    await writeWholeFile(join(beside, "batch.json"), `${JSON.stringify(table, null, 2)}\n`);
  });
  return folder;
}

async function rowsOf({ pairs, embedder, logitScale }: Evidence, files: ReadonlyMap<string, string>) {
  const weights = pairWeights(pairs.map(({ examplesPerPrompt }) => examplesPerPrompt));
  const cosines = await cosinesOf(pairs, embedder);
  const image = (uid: string, cosine: number) => ({
    uid,
    file: files.get(uid) ?? null,
    score: plain(Math.exp(logitScale) * cosine),
  });
  return pairs.map(({ id, caption, image0, image1, target }, i) => ({
    rankingId: id ?? null,
    caption,
    image0: image(image0, itemAt(cosines, i).cosine0),
    image1: image(image1, itemAt(cosines, i).cosine1),
    target,
    weight: itemAt(weights, i),
  }));
}

/** Copies the encoded images of `pairs` from the dataset. @returns uid -> path relative to `folder` */
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

/** The file name ending of an encoded image, by its first bytes. Files are not named by their uids, which a dataset may choose freely. */
function endingOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  if (start.startsWith("\xff\xd8")) return "jpg";
  if (start === "\x89PNG") return "png";
  return start === "RIFF" ? "webp" : "bin";
}
