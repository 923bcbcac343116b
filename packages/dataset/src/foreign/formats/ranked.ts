/** @file Rankings of several images of one prompt, as pairs. */

import { shown } from "@pickapic/errors";
import { numberIn } from "../meaning.ts";
import { type Judgement, type Unreadable, unreadable } from "./format.ts";

/** Images of one prompt with the rank of each. */
export interface Ranked {
  readonly caption: string;
  readonly images: readonly unknown[];
  /** 1 is the best; equal ranks are a tie. */
  readonly ranks: readonly unknown[];
  readonly person: string | null;
}

/**
 * Returns every pair of the images, in the order in which they stand: the lower rank is preferred, equal ranks are a tie. n images
 * give n (n - 1) / 2 pairs.
 */
export function pairsOf({ caption, images, ranks, person }: Ranked): readonly Judgement[] | Unreadable {
  const numbers = ranks.map(numberIn);
  if (images.length < 2 || images.length !== ranks.length || numbers.some((rank) => typeof rank !== "number"))
    return unreadable("RANKS", `expected at least two images and a rank for each; there are ${images.length} images, and the ranks are ${shown(ranks)}`); // biome-ignore format: a sentence
  return images.flatMap((image, i) =>
    images.slice(i + 1).map((other, j): Judgement => {
      const difference = Number(numbers[i]) - Number(numbers[i + 1 + j]);
      return {
        caption,
        pictures: [image, other],
        choice: difference === 0 ? "tie" : difference < 0 ? 0 : 1,
        models: null,
        person,
        createdAt: null,
        share: null,
      };
    }),
  );
}
