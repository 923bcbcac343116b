/**
 * @file ImageRewardDB: several images of a prompt with a rank each, in one row (generations, ranking), or one row per image that
 * follow one another (prompt_id, image_path, rank). The lower rank is preferred, equal ranks are a tie. Source: data/test.json and
 * train/src/rank_pair_dataset.py of THUDM/ImageReward on GitHub; ImageRewardDB.py of THUDM/ImageRewardDB on the Hugging Face hub.
 */

import { FAULT, type ForeignCells, type ForeignFile } from "../file.ts";
import { type Format, listIn, type Reading, textOf, unreadable } from "./format.ts";
import { pairsOf } from "./ranked.ts";

/** The reader of ImageRewardDB. */
export const IMAGE_REWARD: Format = {
  recognises: (columns) =>
    columns.has("prompt") &&
    ((columns.has("generations") && columns.has("ranking")) || (columns.has("prompt_id") && columns.has("rank"))),
  async *read(file) {
    let group: Group | undefined;
    const seen = new Set<string>();
    for await (const next of groupsOf(file)) {
      if (group && next.id !== null && next.id === group.id) {
        group.images.push(...next.images);
        group.ranks.push(...next.ranks);
        group.fault ??= next.fault;
        continue;
      }
      if (group) yield* readings(group, seen);
      group = next;
    }
    if (group) yield* readings(group, seen);
  },
};

/** The images of a prompt. */
interface Group {
  /** The prompt_id of a row that has one image; null for a row that has them all. */
  readonly id: string | null;
  /** Number of the first row. */
  readonly row: number;
  readonly caption: string;
  readonly images: unknown[];
  readonly ranks: unknown[];
  fault: string | undefined;
}

async function* groupsOf(file: ForeignFile): AsyncGenerator<Group> {
  let row = 0;
  for await (const cells of file.rows(file.columns)) yield { row: ++row, caption: textOf(cells.prompt), fault: cells[FAULT], ...imagesOf(cells) };
} // biome-ignore format: one statement

function imagesOf(cells: ForeignCells): Pick<Group, "id" | "images" | "ranks"> {
  const generations = listIn(cells.generations);
  if (generations) return { id: null, images: [...generations], ranks: [...(listIn(cells.ranking) ?? [])] };
  const images = listIn(cells.image);
  if (images) return { id: null, images: [...images], ranks: [...(listIn(cells.rank) ?? [])] };
  return { id: textOf(cells.prompt_id), images: [cells.image ?? cells.image_path], ranks: [cells.rank] };
}

function* readings(group: Group, seen: Set<string>): Generator<Reading> {
  const { row, id, fault } = group;
  if (fault !== undefined) return yield { row, ...unreadable("ROW", fault) };
  if (id !== null && seen.has(id)) {
    const text = `the images of the prompt ${id} must follow one another, but there are others above: sort the rows by prompt_id`;
    return yield { row, ...unreadable("GROUP", text) };
  }
  if (id !== null) seen.add(id);
  const pairs = pairsOf({ ...group, person: null });
  if ("problem" in pairs) return yield { row, ...pairs };
  for (const judgement of pairs) yield { row, judgement };
}
