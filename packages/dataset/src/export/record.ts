/** @file A row as JSON. */

import { type ColumnType, columnsOf, dateOf, NO_WINNER, type PreferenceRow } from "../row.ts";
import type { Sample } from "./sample.ts";
import { labelsOf } from "./winner.ts";

/**
 * The members of a JSON object with all columns of a row but the pictures, with the labels of the winner. Times are ISO 8601 in UTC
 * to the millisecond, whole numbers beyond 2^53 are text. Other numbers always have a decimal point: Python's `datasets` takes the
 * type of a column from the first rows, and would cut a label of 0.5 to 0 in a column that begins with 1.
 */
export function membersOf(row: PreferenceRow, winner: Sample["winner"]): string {
  const best_image_uid = winner === "tie" ? NO_WINNER : winner === 0 ? row.image_0_uid : row.image_1_uid;
  const labelled: PreferenceRow = { ...row, ...labelsOf(winner), has_label: winner !== "tie", best_image_uid };
  return columnsOf(false)
    .map(({ name, type }) => `${JSON.stringify(name)}:${textOf(labelled[name] ?? null, type)}`)
    .join(",");
}

function textOf(value: unknown, type: ColumnType): string {
  if (typeof value === "number" && type === "float64" && Number.isInteger(value)) return value.toFixed(1);
  if (typeof value !== "bigint") return JSON.stringify(value);
  if (type === "timestamp[ns]") return JSON.stringify(dateOf(value).toISOString());
  return Number.isSafeInteger(Number(value)) ? String(value) : JSON.stringify(String(value));
}
