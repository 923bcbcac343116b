/** @file Which rows a reader wants: one flat object, every field optional, all of them must hold. */

import type { ColumnName, PreferenceRow } from "../row.ts";

export interface RowFilter {
  /** Keep rows where either image is of one of these models. */
  readonly models?: readonly string[];
  /** Keep rows of these people. */
  readonly users?: readonly bigint[];
  /** Keep rows made at this moment or later, nanoseconds since 1970 UTC. */
  readonly from?: bigint;
  /** Keep rows made before this moment, nanoseconds since 1970 UTC. */
  readonly before?: bigint;
  /** "only": ties; "without": all but ties. */
  readonly ties?: "only" | "without";
}

type Tested = Pick<PreferenceRow, "model_0" | "model_1" | "user_id" | "created_at" | "has_label">;

/** Whether a row passes. */
export function matches(row: Tested, { models, users, from, before, ties }: RowFilter): boolean {
  if (models && !models.includes(row.model_0) && !models.includes(row.model_1)) return false;
  if (users && !users.includes(row.user_id)) return false;
  if (from !== undefined && row.created_at < from) return false;
  if (before !== undefined && row.created_at >= before) return false;
  return ties === undefined || row.has_label === (ties === "without");
}

/** The columns that a filter looks at. */
export function filterColumns({ models, users, from, before, ties }: RowFilter): ColumnName[] {
  const columns: ColumnName[] = [];
  if (models) columns.push("model_0", "model_1");
  if (users) columns.push("user_id");
  if (from !== undefined || before !== undefined) columns.push("created_at");
  if (ties) columns.push("has_label");
  return columns;
}
