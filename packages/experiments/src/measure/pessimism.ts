/** @file A pessimistic score: what several scorers, or one scorer on changed copies of an image, agree on at least. */
import { decodePicture, encodeJpeg, type RgbImage } from "@pickapic/pictures";

/**
 * The lower bound of each image: mean minus `deviations` standard deviations (n - 1) over the members. Scores are comparable within a prompt only,
 * so each member's scores are first reduced by their mean over the images.
 * @param members [members][images], at least two members
 */
export function lowerBounds(members: readonly (readonly number[])[], deviations: number): number[] {
  const centred = members.map((scores) => {
    const mean = meanOf(scores);
    return scores.map((score) => score - mean);
  });
  return (members[0] ?? []).map((_, image) => {
    const scores = centred.map((member) => member[image] ?? Number.NaN);
    const mean = meanOf(scores);
    const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1);
    return mean - deviations * Math.sqrt(variance);
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The side of a cropped copy, as a share of the image's. */
const CROP = 0.94;
/** The corners that the cropped copies keep: 0 left or top, 1 right or bottom. */
const CORNERS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

/**
 * The scores of one scorer on the images and on four changed copies of each: what is left when 6 % are cut off at two neighbouring edges.
 * @param score the scores of images, or null when one of them has none
 * @returns [5][images]; null when an image or a copy has no score
 */
export async function perturbedScores(
  score: (images: readonly Uint8Array[]) => Promise<readonly number[] | null>,
  images: readonly Uint8Array[],
): Promise<(readonly number[])[] | null> {
  const decoded = await Promise.all(images.map((image) => decodePicture(image)));
  const copies = CORNERS.map(async (corner) => {
    const cropped = await Promise.all(decoded.map((image) => encodeJpeg(cropOf(image, corner))));
    return score(cropped);
  });
  return allOrNull(await Promise.all([score(images), ...copies]));
}

/** The values; null when one of them is null. */
export function allOrNull<T>(values: readonly (T | null)[]): T[] | null {
  const present = values.filter((value) => value !== null);
  return present.length === values.length ? present : null;
}

function cropOf({ width, height, data }: RgbImage, [right, bottom]: (typeof CORNERS)[number]): RgbImage {
  const [columns, rows] = [Math.max(1, Math.round(CROP * width)), Math.max(1, Math.round(CROP * height))];
  const [left, top] = [right * (width - columns), bottom * (height - rows)];
  const cropped = new Uint8Array(3 * columns * rows);
  for (let row = 0; row < rows; row++) {
    const from = 3 * ((top + row) * width + left);
    cropped.set(data.subarray(from, from + 3 * columns), 3 * row * columns);
  }
  return { width: columns, height: rows, data: cropped };
}
