/** @file Refuses a table: one sentence for one fault, a list with line numbers for many. */

import { DatasetError } from "../errors.ts";

/** The error for a table that cannot be read at all. */
export function tableInvalid(file: string, why: string, cause?: unknown): DatasetError {
  return new DatasetError("PICKAPIC_DATASET_TABLE_INVALID", `${file}: ${why}.`).because(cause);
}

/** At most this many faults are listed; the rest is counted. */
const MOST_TOLD = 20;

/** One fault of a row. */
interface Fault {
  /** "line 4". */
  readonly where: string;
  /** One sentence without its full stop. */
  readonly text: string;
  readonly code: FaultCode;
}

/** Collects the faults of a table's rows, so that they are reported together. */
export class Faults {
  readonly #file: string;
  readonly #told: Fault[] = [];
  #code: FaultCode | undefined;
  #count = 0;

  constructor(file: string) {
    this.#file = file;
  }

  get count(): number {
    return this.#count;
  }

  add(where: string, text: string, code: FaultCode = "PICKAPIC_DATASET_TABLE_INVALID"): void {
    this.#code ??= code;
    if (this.#count++ < MOST_TOLD) this.#told.push({ where, text, code });
  }

  /**
   * Throws all collected faults; returns when there are none.
   * @param remedy an additional sentence for tables with missing pictures
   * @throws {DatasetError} with the code of the first fault
   */
  throwIfAny(remedy = ""): void {
    const [first] = this.#told;
    if (!first || !this.#code) return;
    const advice = remedy !== "" && this.#told.some(({ code }) => code === "PICKAPIC_DATASET_IMAGE_MISSING") ? [remedy] : [];
    if (this.#count === 1)
      throw new DatasetError(this.#code, [`${this.#file} ${first.where}: ${first.text}.`, ...advice].join(" "));
    const lines = this.#told.map(({ where, text }) => `  ${where}: ${text}.`);
    const more = this.#count - this.#told.length;
    const rest = more > 0 ? [`  ... and ${more} more.`] : [];
    throw new DatasetError(this.#code, [`${this.#file} has ${this.#count} faults:`, ...lines, ...rest, ...advice].join("\n"));
  }
}

/** The codes of faults of rows. */
type FaultCode = "PICKAPIC_DATASET_TABLE_INVALID" | "PICKAPIC_DATASET_IMAGE_MISSING" | "PICKAPIC_DATASET_IMAGE_INVALID";
