/** @file Pictures of a dataset for a page: small JPEGs as data: addresses. */
import type { Dataset, Split } from "@pickapic/dataset";
import { itemAt } from "@pickapic/errors";
import { thumbnailJpeg } from "@pickapic/pictures";

/** Longest side, px. */
const SIDE = 240;

/**
 * The pictures of image 0 and image 1 as JPEG data: addresses, at most 240 px wide and high; null for one that cannot be
 * decoded.
 */
export type PairPictures = readonly [string | null, string | null];

/** The pictures of rankings of a split, by ranking id; null for one that cannot be decoded. */
export async function pairPictures(dataset: Dataset, split: Split, ids: readonly string[]): Promise<Map<string, PairPictures>> {
  const wanted = new Set(ids);
  const found: { id: string; position: number }[] = [];
  let position = 0;
  for await (const { ranking_id } of dataset.read(split, { columns: ["ranking_id"] })) {
    if (wanted.has(`${ranking_id}`)) found.push({ id: `${ranking_id}`, position });
    position++;
  }
  const rows = await dataset.take(
    split,
    found.map((each) => each.position),
    { columns: ["jpg_0", "jpg_1"] },
  );
  const pictures = rows.map(async ({ jpg_0, jpg_1 }, i): Promise<[string, PairPictures]> => {
    const { id } = itemAt(found, i);
    return [id, [await small(jpg_0), await small(jpg_1)]];
  });
  return new Map(await Promise.all(pictures));
}

async function small(bytes: Uint8Array): Promise<string | null> {
  try {
    return `data:image/jpeg;base64,${Buffer.from(await thumbnailJpeg(bytes, { side: SIDE })).toString("base64")}`;
  } catch {
    return null;
  }
}
