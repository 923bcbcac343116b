/** @file Scores of files or of a table, as a stream of rows. */
import {
  type Baseline,
  type ImageFailure,
  type ImageScore,
  type ImageSource,
  type Scorer,
  scoreStream,
  softmax,
} from "@pickapic/pickscore";
import type { Scored } from "./output.ts";
import type { TableImage } from "./tables.ts";

/** A result, and the image that it is about. */
export interface ScoredImage {
  scored: Scored;
  image: ImageSource | ImageFailure;
}

/** An image together with how many images its row has. */
interface Placed extends TableImage {
  readonly siblings: number;
}

/** Each row of images with its scores, in order. Probabilities are among the images of one row, where it has several. */
export async function* scoreRows(
  scorer: Scorer,
  rows: AsyncIterable<TableImage[]> | Iterable<TableImage[]>,
  baseline: Baseline | null,
): AsyncGenerator<ScoredImage[]> {
  let gathered: { row: Placed; result: ImageScore }[] = [];
  for await (const each of scoreStream(scorer, placed(rows))) {
    gathered.push(each);
    if (gathered.length < each.row.siblings) continue;
    yield await scoredRow(gathered, baseline);
    gathered = [];
  }
}

async function* placed(rows: AsyncIterable<TableImage[]> | Iterable<TableImage[]>): AsyncGenerator<Placed> {
  for await (const images of rows) for (const image of images) yield { ...image, siblings: images.length };
}

async function scoredRow(
  images: readonly { row: Placed; result: ImageScore }[],
  baseline: Baseline | null,
): Promise<ScoredImage[]> {
  const scores = images.flatMap(({ result }) => ("score" in result ? [result.score] : []));
  const probabilities = images.length > 1 ? softmax(scores) : [];
  return Promise.all(
    images.map(async ({ row: { row, prompt, name, image }, result }) => {
      if (!("score" in result))
        return {
          image,
          scored: { row, prompt, image: name, score: null, probability: null, error: named(result.message, name) },
        };
      const probability = images.length > 1 ? probabilities.shift()! : null;
      const standing = baseline && (await baseline.compare(prompt, result.score));
      return { image, scored: { row, prompt, image: name, score: result.score, probability, ...standing, error: null } };
    }),
  );
}

/** An image that came as bytes has no name where it is decoded. */
const named = (message: string, name: string): string => message.replace(/^picture:/, `${name}:`);
