/** @file Scores the images of a source as a stream, in their order or best first. */
import {
  type Baseline,
  type ImageFailure,
  type ImageScore,
  type ImageSource,
  type Scorer,
  scoreStream,
  standingsOf,
} from "@pickapic/pickscore/scoring";
import type { Scored, ScoredRow } from "./output.ts";
import type { Source } from "./source.ts";
import type { TableImage } from "./tables.ts";

/** A row of the output, and the image that it is about. */
export interface ScoredImage extends ScoredRow {
  readonly image: ImageSource | ImageFailure;
  /** What a contact sheet says under the picture besides its score, each a name and a value. Default: nothing. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
}

/** Order and number of the images that belong together: those of one row of a table, or all on the command line. */
export interface Order {
  /** True for best first, then images without a score. False for the order in which they were given. */
  readonly bestFirst: boolean;
  /** With `bestFirst`, how many of the best to keep. Images without a score are always kept. */
  readonly top?: number | undefined;
}

/** Number of images that are yielded together. */
const SLICE = 500;

/**
 * Scores all images of a source and yields them. Rows of a table are yielded as they are done. Images under one prompt are yielded when all have a score,
 * because their ranks and probabilities depend on each other. Until then, about 100 bytes are kept for each.
 * @param onResult called for each image as soon as it has a score or has failed
 */
export async function* scoreSource(
  scorer: Scorer,
  source: Source,
  baseline: Baseline | null,
  order: Order,
  onResult: (result: ImageScore) => void,
): AsyncGenerator<ScoredImage[]> {
  let results: ImageScore[] = [];
  for await (const { row, result } of scoreStream(scorer, eachImage(source))) {
    results.push(result);
    onResult(result);
    if (results.length < row.set.length) continue;
    yield* standingSet(row.set, results, { alone: source.prompt !== null, baseline, order });
    results = [];
  }
}

async function* eachImage(source: Source): AsyncGenerator<Pick<TableImage, "prompt" | "image"> & { set: readonly TableImage[] }> {
  for await (const set of source.rows()) for (const { prompt, image } of set) yield { prompt, image, set };
}

interface SetOptions {
  /** True to give a rank even to a single image. */
  readonly alone: boolean;
  readonly baseline: Baseline | null;
  readonly order: Order;
}

/** Yields the images of a set with their ranks and probabilities in it. */
async function* standingSet(
  set: readonly TableImage[],
  results: readonly ImageScore[],
  { alone, baseline, order: { bestFirst, top } }: SetOptions,
): AsyncGenerator<ScoredImage[]> {
  const readable = results.flatMap((result, i) => ("score" in result ? [i] : []));
  const { order, ranks, probabilities } = standingsOf(readable.map((i) => (results[i] as { score: number }).score));
  /** The index of each image among the readable ones. */
  const readableIndex = new Map(readable.map((i, k) => [i, k]));
  const failed = () => [...results.keys()].filter((i) => !readableIndex.has(i));
  const shown = bestFirst ? [...order.slice(0, top).map((k) => readable[k]!), ...failed()] : [...results.keys()];
  const compared = set.length > 1 || alone;
  for (let start = 0; start < shown.length; start += SLICE) {
    const slice = shown.slice(start, start + SLICE).map(async (i) => {
      const k = compared ? readableIndex.get(i) : undefined;
      // A single image gets no probability: its softmax of 1 would look like certainty.
      const standing = k === undefined ? null : { rank: ranks[k]!, probability: readable.length > 1 ? probabilities[k]! : null };
      return scoredImage(set[i]!, results[i]!, standing, baseline);
    });
    yield await Promise.all(slice);
  }
}

async function scoredImage(
  { row, prompt, name, image, carried }: TableImage,
  result: ImageScore,
  standing: { rank: number; probability: number | null } | null,
  baseline: Baseline | null,
): Promise<ScoredImage> {
  const { rank, probability } = standing ?? { rank: null, probability: null };
  const known = { row, prompt, image: name, rank };
  const scored = (rest: Omit<Scored, keyof typeof known>): ScoredImage => ({ image, carried, scored: { ...known, ...rest } });
  if (!("score" in result)) return scored({ score: null, probability, error: named(result.message, name) });
  const against = baseline ? await baseline.compare(prompt, result.score) : {};
  return scored({ score: result.score, probability, ...against, error: null });
}

/** Puts the name of an image into its error. An image that came as bytes is called "picture" where it is decoded. */
const named = (message: string, name: string): string => message.replace(/^picture:/, `${name}:`);
