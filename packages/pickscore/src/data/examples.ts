/** @file Reads the examples of a dataset folder: pairs for training, and the pixels of their images, each image decoded once. */
import { type ColumnName, checkIds, openDataset, type RowOf, type Split } from "@pickapic/dataset";
import { messageOf } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import { type Checksums, datasetChecksums } from "./checksums.ts";
import type { PixelStore } from "./pixelCache.ts";
import type { Pair } from "./plan.ts";

/** A pair together with the encoded bytes of its two images. */
export interface Example extends Pair {
  bytes0: Uint8Array;
  bytes1: Uint8Array;
}

/** A source of examples, such as a dataset folder. */
export interface ExampleSource {
  count(split: Split): number;
  read(split: Split): AsyncIterable<Example>;
  /** The captions alone. Reading one column of a file is much faster than reading images. */
  captions(split: Split): AsyncIterable<string>;
  /** Checksums of the files of the source; missing for examples in memory. */
  checksums?(): Promise<Checksums>;
  /** Captions and targets alone. A source without this method is read by `read`. */
  choices?(split: Split): AsyncIterable<Choice>;
}

/** The caption and the target of an example, without its images. */
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
] as const satisfies ColumnName[];

/** Opens a dataset folder as a source of examples. Throws a DatasetError for a missing folder, split or column, and for ids that are there twice. */
export async function datasetExamples(folder: string): Promise<ExampleSource> {
  const dataset = await openDataset(folder);
  await checkIds(dataset);
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

/** How many pairs and different prompts a split has. */
export interface ChoiceCounts {
  pairs: number;
  /** Pairs that are not ties. */
  winners: number;
  prompts: number;
}

/** Counts pairs, winners and prompts of a split; with `only`, of the pairs with these prompts. */
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

function exampleOf(row: RowOf<(typeof COLUMNS)[number]>): Example {
  return {
    id: `${row.ranking_id}`,
    caption: row.caption,
    image0: row.image_0_uid,
    image1: row.image_1_uid,
    target: [row.label_0, row.label_1],
    examplesPerPrompt: Math.max(1, Number(row.num_example_per_prompt)),
    bytes0: row.jpg_0,
    bytes1: row.jpg_1,
  };
}

/** Decodes an encoded image into the pixels of the model, [3, side, side], 0...255. */
export type PreparePixels = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Images that are decoded at the same time, on threads of the decoder. */
const DECODERS = 4;

/** Which examples of a split are read, and the callback for the progress of reading. */
export interface LoadOptions {
  /** Most examples to read. */
  limit?: number;
  /** Reads only examples with these captions; null reads all. */
  only?: ReadonlySet<string> | null;
  report?: (done: number, total: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Reads the pairs of a split and puts the pixels of their images into `cache`.
 * @throws {PickScoreError} PICKAPIC_IMAGE_UNDECODABLE, naming the image; PICKAPIC_TRAIN_NO_EXAMPLES when there is no pair
 */
export async function loadExamples(
  source: ExampleSource,
  split: Split,
  cache: PixelStore,
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

/** Decodes several images at the same time, each only once. */
function loader(cache: PixelStore, prepare: PreparePixels) {
  const pending = new Map<string, Promise<void>>();
  return {
    async add(uid: string, bytes: Uint8Array): Promise<void> {
      if (cache.has(uid) || pending.has(uid)) return;
      if (pending.size >= DECODERS) await Promise.race(pending.values());
      const job = prepareImage(uid, bytes, prepare).then((pixels) => {
        pending.delete(uid);
        cache.add(uid, pixels);
      });
      job.catch(() => {}); // A failed job stays in `pending`, so that the next wait throws its error.
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
