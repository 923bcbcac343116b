/** @file Scores any number of rows of a prompt and an image, in batches and in constant memory. */
import { itemAt } from "@pickapic/errors";
import type { ImageFailure, ImageScore, ImageSource, PromptedImage } from "./imageResult.ts";
import type { Scorer } from "./scorer.ts";

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
  const underWay: { rows: R[]; results: Promise<ImageScore[]> }[] = [];
  const send = (sent: R[]) => {
    const results = scoreBatch(scorer, sent);
    results.catch(() => {}); // The error is thrown where `results` is awaited.
    underWay.push({ rows: sent, results });
  };
  let gathered: R[] = [];
  for await (const row of rows) {
    gathered.push(row);
    if (gathered.length < batch) continue;
    send(gathered);
    gathered = [];
    if (underWay.length >= ahead) yield* finished(underWay.shift()!);
  }
  if (gathered.length > 0) send(gathered);
  for (const sent of underWay) yield* finished(sent);
}

async function* finished<R>({ rows, results }: { rows: R[]; results: Promise<ImageScore[]> }) {
  for (const [i, result] of (await results).entries()) yield { row: itemAt(rows, i), result };
}

async function scoreBatch(scorer: Scorer, rows: readonly Row[]): Promise<ImageScore[]> {
  const pairs = rows.filter((row): row is PromptedImage => !isFailure(row.image));
  const scores = await scorer.scorePairs(pairs.map(({ prompt, image }) => ({ prompt, image })));
  return rows.map(({ image }) => (isFailure(image) ? image : scores.shift()!));
}
