/** @file Which rows to read: one flat object of optional conditions, all of which must hold. */

import type { ColumnName, PreferenceRow } from "../row.ts";

/** Conditions on rows. A row passes when all given conditions hold; an empty filter passes every row. */
export interface RowFilter {
  /** Rows where either image is of one of these models. */
  readonly models?: readonly string[];
  /** Rows of these people. */
  readonly users?: readonly bigint[];
  /** Rows made at this moment or later, nanoseconds since 1970 UTC. */
  readonly from?: bigint;
  /** Rows made before this moment, nanoseconds since 1970 UTC. */
  readonly before?: bigint;
  /** "only": ties; "without": no ties. */
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

/** Returns the columns that a filter reads. */
export function filterColumns({ models, users, from, before, ties }: RowFilter): ColumnName[] {
  const columns: ColumnName[] = [];
  if (models) columns.push("model_0", "model_1");
  if (users) columns.push("user_id");
  if (from !== undefined || before !== undefined) columns.push("created_at");
  if (ties) columns.push("has_label");
  return columns;
}
