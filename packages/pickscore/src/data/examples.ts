/** @file A dataset folder to the pairs that training reads, and its images to pixels, each decoded once. */
import { openDataset, type PreferenceRow, type Split } from "@pickapic/dataset";
import { messageOf } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import { type Checksums, datasetChecksums } from "./checksums.ts";
import type { PixelCache } from "./pixelCache.ts";
import type { Pair } from "./plan.ts";

/** A pair together with the encoded bytes of its two images. */
export interface Example extends Pair {
  bytes0: Uint8Array;
  bytes1: Uint8Array;
}

/** Where examples come from; the default is a dataset folder. */
export interface ExampleSource {
  count(split: Split): number;
  read(split: Split): AsyncIterable<Example>;
  /** The captions alone, which is much faster where they are columns of a file. */
  captions(split: Split): AsyncIterable<string>;
  /** What the examples come from; none for examples in memory. */
  checksums?(): Promise<Checksums>;
  /** Captions and choices alone; where it is not given, `read` is read. */
  choices?(split: Split): AsyncIterable<Choice>;
}

/** What was asked for and what was chosen, without pictures. */
export type Choice = Pick<Pair, "caption" | "target">;

const COLUMNS = [
  "ranking_id",
  "caption",
  "image_0_uid",
  "image_1_uid",
  "label_0",
  "label_1",
  "num_example_per_prompt",
  "jpg_0",
  "jpg_1",
] as const satisfies (keyof PreferenceRow)[];

/** Opens a dataset as a source of examples. Throws the errors of the dataset package: no folder, no split, no column. */
export async function datasetExamples(folder: string): Promise<ExampleSource> {
  const dataset = await openDataset(folder);
  return {
    count: (split) => (dataset.splits.includes(split) ? dataset.count(split) : 0),
    async *read(split) {
      for await (const row of dataset.read(split, { columns: COLUMNS })) yield exampleOf(row);
    },
    async *captions(split) {
      for await (const { caption } of dataset.read(split, { columns: ["caption"] })) yield caption;
    },
    checksums: () => datasetChecksums(folder),
    async *choices(split) {
      const columns = ["caption", "label_0", "label_1"] as const;
      for await (const row of dataset.read(split, { columns }))
        yield { caption: row.caption, target: [row.label_0, row.label_1] };
    },
  };
}

export interface ChoiceCounts {
  pairs: number;
  /** Pairs that are no ties. */
  winners: number;
  prompts: number;
}

/** Counts of a split, or of those of its pairs whose prompts are in `only`. */
export async function countChoices(source: ExampleSource, split: Split, only: ReadonlySet<string> | null): Promise<ChoiceCounts> {
  const prompts = new Set<string>();
  const counts = { pairs: 0, winners: 0 };
  for await (const { caption, target } of source.choices?.(split) ?? source.read(split)) {
    if (only && !only.has(caption)) continue;
    prompts.add(caption);
    counts.pairs++;
    if (target[0] !== target[1]) counts.winners++;
  }
  return { ...counts, prompts: prompts.size };
}

function exampleOf(row: Pick<PreferenceRow, (typeof COLUMNS)[number]>): Example {
  return {
    id: `${row.ranking_id}`,
    caption: row.caption,
    image0: row.image_0_uid,
    image1: row.image_1_uid,
    target: [row.label_0, row.label_1],
    examplesPerPrompt: Math.max(1, Number(row.num_example_per_prompt)),
    bytes0: row.jpg_0!,
    bytes1: row.jpg_1!,
  };
}

/** Turns encoded image bytes into pixels [3, side, side], 0...255. */
export type PreparePixels = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Images that are decoded side by side: decoding runs on threads of its own. */
const DECODERS = 4;

export interface LoadOptions {
  /** Examples are read up to this many. */
  limit?: number;
  /** Only examples of these captions. */
  only?: ReadonlySet<string> | null;
  report?: (done: number, total: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Reads a split: its pairs, and the pixels of their images into `cache`.
 * @throws {PickScoreError} PICKAPIC_IMAGE_UNREADABLE, naming the image; PICKAPIC_TRAIN_NO_EXAMPLES for an empty split
 */
export async function loadExamples(
  source: ExampleSource,
  split: Split,
  cache: PixelCache,
  prepare: PreparePixels,
  { limit = Number.POSITIVE_INFINITY, only, report, signal }: LoadOptions = {},
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  const load = loader(cache, prepare);
  const total = Math.min(limit, source.count(split));
  for await (const { bytes0, bytes1, ...pair } of source.read(split)) {
    if (pairs.length >= limit) break;
    signal?.throwIfAborted();
    if (only && !only.has(pair.caption)) continue;
    await load.add(pair.image0, bytes0);
    await load.add(pair.image1, bytes1);
    pairs.push(pair);
    report?.(pairs.length, total);
  }
  await load.finish();
  if (pairs.length === 0) throw new PickScoreError("PICKAPIC_TRAIN_NO_EXAMPLES", split);
  return pairs;
}

/** Prepares images side by side, each once. */
function loader(cache: PixelCache, prepare: PreparePixels) {
  const pending = new Map<string, Promise<void>>();
  return {
    async add(uid: string, bytes: Uint8Array): Promise<void> {
      if (cache.has(uid) || pending.has(uid)) return;
      if (pending.size >= DECODERS) await Promise.race(pending.values());
      const job = prepareImage(uid, bytes, prepare).then((pixels) => {
        pending.delete(uid);
        cache.add(uid, pixels);
      });
      job.catch(() => {}); // A failed job stays pending: the next wait throws what it threw.
      pending.set(uid, job);
    },
    finish: () => Promise.all(pending.values()),
  };
}

async function prepareImage(uid: string, bytes: Uint8Array, prepare: PreparePixels): Promise<Uint8Array> {
  try {
    return await prepare(bytes);
  } catch (error) {
    throw new PickScoreError("PICKAPIC_IMAGE_UNDECODABLE", uid, messageOf(error)).because(error);
  }
}
