/** @file The progress of a long operation. */

/** The progress of a long operation. `total` is 0 when unknown. */
export interface ProgressReport {
  done: number;
  total: number;
  unit: string;
  /** The phase of the work, if it has a name. */
  phase?: string;
  note?: string;
}
