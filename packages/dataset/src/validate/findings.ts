/** @file The findings of a validation. */

import { DatasetError, type DatasetErrorCode } from "../errors.ts";
import type { Split } from "../row.ts";

/** One thing that a validation found, ready to be printed. */
export interface Finding {
  /** An error makes the dataset wrong; a warning is worth knowing. */
  readonly severity: "error" | "warning";
  /** Stable, such as "CHECKSUM_WRONG" or, from reading, "PICKAPIC_DATASET_COLUMN_MISSING". */
  readonly code: string;
  readonly split: Split | null;
  /** One sentence. */
  readonly message: string;
}

/** Collects findings. The same problem in many rows is one finding, with the first row and a count. */
export class Report {
  readonly #findings: Finding[] = [];
  readonly #repeated = new Map<string, { finding: Finding; rows: number }>();

  add(severity: Finding["severity"], code: string, message: string, split: Split | null = null): void {
    this.#findings.push({ severity, code, split, message });
  }

  /** Adds a finding about rows: `text` names the rule and the first row that broke it, `rows` counts them. */
  addRow(severity: Finding["severity"], code: string, split: Split, text: string, rows = 1): void {
    const known = this.#repeated.get(`${split} ${code}`);
    if (known) known.rows += rows;
    else this.#repeated.set(`${split} ${code}`, { finding: { severity, code, split, message: text }, rows });
  }

  /** Adds errors with these codes (default: all) as findings, and throws the others. */
  addError(error: unknown, codes?: readonly DatasetErrorCode[], split: Split | null = null): undefined {
    const expected = error instanceof DatasetError && (!codes || codes.includes(error.code));
    if (!expected) throw error;
    this.add("error", error.code, error.message, split);
  }

  /** Everything that was added, errors first. */
  findings(): Finding[] {
    return joinedFindings([this]);
  }

  /** The findings in the order in which they were added, those about rows last. */
  inOrder(): Finding[] {
    const rows = [...this.#repeated.values()].map(({ finding, rows }) => {
      const more = rows > 1 ? ` (and ${rows - 1} more row${rows > 2 ? "s" : ""} like it)` : "";
      return { ...finding, message: `Split ${finding.split}: ${finding.message}${more}.` };
    });
    return [...this.#findings, ...rows];
  }
}

/** The findings of some reports, errors first. */
export function joinedFindings(reports: readonly Report[]): Finding[] {
  const all = reports.flatMap((report) => report.inOrder());
  return [...all.filter(({ severity }) => severity === "error"), ...all.filter(({ severity }) => severity === "warning")];
}
