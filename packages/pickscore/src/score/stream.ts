/** @file Scores any number of rows of a prompt and an image, in batches and in constant memory. */
import { batchesOf, mapAhead } from "@pickapic/dataset/sequences";
import { entryOf, itemAt } from "@pickapic/errors";
import type { Scorer } from "../scorers/scorer.ts";
import type { ImageFailure, ImageScore, ImageSource } from "./imageResult.ts";

/** A prompt with an image, or with the reason why the image is missing. */
interface Row {
  readonly prompt: string;
  readonly image: ImageSource | ImageFailure;
}

/** How many rows are under way at once. */
export interface StreamOptions {
  /** Rows per call of the scorer. */
  batch?: number;
  /** Calls of the scorer at the same time, so that pictures of one batch are decoded while another is computed. */
  ahead?: number;
}

const isFailure = (image: ImageSource | ImageFailure): image is ImageFailure =>
  typeof image === "object" && !(image instanceof Uint8Array);

/** Scores rows as they arrive and yields each with its result, in their order. At most `batch * ahead` rows are in memory. */
export async function* scoreStream<R extends Row>(
  scorer: Scorer,
  rows: Iterable<R> | AsyncIterable<R>,
  { batch = 32, ahead = 3 }: StreamOptions = {},
): AsyncGenerator<{ row: R; result: ImageScore }> {
  const scored = mapAhead(batchesOf(rows, batch), ahead, (sent) => scoreBatch(scorer, sent));
  for await (const results of scored) yield* results;
}

async function scoreBatch<R extends Row>(scorer: Scorer, rows: readonly R[]): Promise<{ row: R; result: ImageScore }[]> {
  const pairs = rows.flatMap((row) => (isFailure(row.image) ? [] : [{ row, prompt: row.prompt, image: row.image }]));
  const results = await scorer.scorePairs(pairs.map(({ prompt, image }) => ({ prompt, image })));
  const scores = new Map<R, ImageScore>(pairs.map(({ row }, i) => [row, itemAt(results, i)]));
  return rows.map((row) => ({ row, result: isFailure(row.image) ? row.image : entryOf(scores, row) }));
}
