/** @file How far a long operation is, as its caller is told. */

/** How far a long operation is. `total` 0: not known. */
export interface ProgressReport {
  done: number;
  total: number;
  unit: string;
  /** The part of the work, where it has a name of its own. */
  phase?: string;
  note?: string;
}
