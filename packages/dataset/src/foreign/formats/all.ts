/** @file The reader of every format that `dataset import` reads, and which format a file is of. */

import type { ForeignFile } from "../file.ts";
import { ARENA } from "./arena.ts";
import type { Format } from "./format.ts";
import { HPDV2 } from "./hpdv2.ts";
import { HPDV3 } from "./hpdv3.ts";
import { IMAGE_REWARD } from "./imageReward.ts";
import { MMRB2 } from "./mmrb2.ts";
import { FORMATS, type FormatName } from "./names.ts";
import { RAPIDATA } from "./rapidata.ts";
import { TABLE } from "./table.ts";

/** The formats whose rows are judgements. Those of pickapic are rows of ours already: see source.ts. */
export const READERS: Readonly<Record<Exclude<FormatName, "pickapic">, Format>> = {
  hpdv3: HPDV3,
  hpdv2: HPDV2,
  imagereward: IMAGE_REWARD,
  rapidata: RAPIDATA,
  mmrb2: MMRB2,
  arena: ARENA,
  table: TABLE,
};

/** The format of a file, by its columns. */
export function formatOf({ columns: names, count }: Pick<ForeignFile, "columns" | "count">): FormatName {
  const columns = new Set(names);
  if (columns.has("caption") && (columns.has("image_0_uid") || columns.has("best_image_uid"))) return "pickapic";
  // Parquet and Arrow files have a count; those that no reader knows are read by what the columns of the original mean.
  const rest = count === null ? "table" : "pickapic";
  return FORMATS.find(({ name }) => name !== "pickapic" && name !== "table" && READERS[name].recognises(columns))?.name ?? rest;
}
