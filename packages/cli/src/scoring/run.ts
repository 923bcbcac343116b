/** @file Scores of a source as a stream: in the order given, or best first. */
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

/** A result, and the image that it is about. */
export interface ScoredImage extends ScoredRow {
  readonly image: ImageSource | ImageFailure;
}

export interface Order {
  /** Images that belong together best first, then those without a score; else as they were given. */
  readonly bestFirst: boolean;
  /** Only so many of the best; those without a score are always there. */
  readonly top?: number | undefined;
}

/** Images that are given on together. */
const SLICE = 500;

/**
 * Scores all images of a source. A table's rows are given on as they are done; images under one prompt when the last of them has its score, because
 * their ranks and probabilities depend on all: until then their names and scores are remembered, some 100 bytes each.
 * @param onResult is told of each image as soon as it is known
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
  /** One image has a rank, too. */
  readonly alone: boolean;
  readonly baseline: Baseline | null;
  readonly order: Order;
}

/** The images of a set with their places in it. */
async function* standingSet(
  set: readonly TableImage[],
  results: readonly ImageScore[],
  { alone, baseline, order: { bestFirst, top } }: SetOptions,
): AsyncGenerator<ScoredImage[]> {
  const readable = results.flatMap((result, i) => ("score" in result ? [i] : []));
  const { order, ranks, probabilities } = standingsOf(readable.map((i) => (results[i] as { score: number }).score));
  const place = new Map(readable.map((i, k) => [i, k]));
  const failed = () => [...results.keys()].filter((i) => !place.has(i));
  const places = bestFirst ? [...order.slice(0, top).map((k) => readable[k]!), ...failed()] : [...results.keys()];
  const compared = set.length > 1 || alone;
  for (let start = 0; start < places.length; start += SLICE) {
    const slice = places.slice(start, start + SLICE).map(async (i) => {
      const k = compared ? place.get(i) : undefined;
      // One image alone is preferred to nothing: its softmax of 1 would read as certainty.
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

/** An image that came as bytes has no name where it is decoded. */
const named = (message: string, name: string): string => message.replace(/^picture:/, `${name}:`);
