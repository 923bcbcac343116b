/** @file Reads a table of text (CSV, JSON Lines, JSON) of another program. */

import { DatasetError } from "../errors.ts";
import { openTableFile } from "../tables/open.ts";
import { FAULT, type ForeignFile } from "./file.ts";

/** Rows whose names are collected: rows of JSON may each leave out what they do not have. */
const SAMPLED = 100;

/** @throws {DatasetError} TABLE_INVALID, EMPTY */
export async function openTextFile(path: string, writtenAt: bigint): Promise<ForeignFile> {
  const reader = await openTableFile(path);
  const columns = new Set<string>();
  let sampled = 0;
  for await (const { values } of reader.rows()) {
    for (const name of Object.keys(values)) columns.add(name);
    if (++sampled >= SAMPLED) break;
  }
  if (sampled === 0) throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${path}: it has no rows; expected at least one.`);
  return {
    path,
    writtenAt,
    columns: [...columns],
    times: new Set(),
    count: null,
    notes: reader.notes,
    async *rows() {
      for await (const { values, problem } of reader.rows()) yield problem === null ? values : { ...values, [FAULT]: problem };
    },
  };
}
