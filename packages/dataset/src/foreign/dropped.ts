/** @file Rows that cannot be imported: counts by reason, with the first rows of each. */

import { DatasetError } from "../errors.ts";
import type { Split } from "../row.ts";
import type { Problem } from "./row.ts";

/** Rows that were left out for one reason. */
export interface DroppedRows {
  /** Stable, such as "CAPTION_BLANK". */
  readonly code: string;
  /** For example "the caption is blank". */
  readonly reason: string;
  readonly count: number;
  /** Where the first of them are: "train row 4 (ranking 17)". */
  readonly rows: readonly string[];
}

/** A short reason for the code of each rule. */
const REASONS: Readonly<Record<string, string>> = {
  CELL_EMPTY: "a cell is empty",
  CAPTION_BLANK: "the caption is blank",
  LABELS: "the labels are no preference",
  HAS_LABEL: "has_label contradicts the labels",
  BEST_IMAGE: "best_image_uid contradicts the labels",
  VALUE: "a value is of another kind",
  RANKING_REPEATED: "another ranking has the same ranking_id",
  ROW: "the row itself is broken",
  IMAGES: "the images are no list",
  RANKS: "the ranks do not fit the images",
  GROUP: "the images of a prompt are not together",
  VOTES: "the votes are no numbers",
  TASK: "the pair is not two pictures for a text",
  SAME_IMAGE: "both images are the same",
  IMAGE_MISSING: "a picture is missing",
  IMAGE_BROKEN: "a picture cannot be decoded",
};

/** At most this many rows are listed; the rest is counted. */
const MOST_TOLD = 20;

/** Collects rows that are invalid. */
export class InvalidRows {
  readonly #reasons = new Map<string, { count: number; rows: string[] }>();
  readonly #told: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param row number in its split, from 1 */
  add(split: Split, row: number, rankingId: bigint | null | undefined, { code, text }: Problem): void {
    const where = `${split} row ${row}${rankingId === null || rankingId === undefined ? "" : ` (ranking ${rankingId})`}`;
    const reason = this.#reasons.get(code) ?? { count: 0, rows: [] };
    this.#reasons.set(code, reason);
    reason.count++;
    if (reason.rows.length < MOST_TOLD) reason.rows.push(where);
    if (this.#count++ < MOST_TOLD) this.#told.push(`${where}: ${text}`);
  }

  dropped(): DroppedRows[] {
    return [...this.#reasons].map(([code, { count, rows }]) => ({ code, reason: REASONS[code] ?? code, count, rows }));
  }

  /** Returns the error when no row may be dropped. */
  refusal(folder: string): DatasetError {
    const more = this.#count - this.#told.length;
    const pictures = this.#reasons.has("IMAGE_MISSING") ? ", or all pictures with --no-images" : "";
    const remedy = `Nothing was written: repair them, or leave them out with --drop-invalid${pictures}.`;
    if (this.#count === 1)
      return new DatasetError(
        "PICKAPIC_DATASET_ROW_INVALID",
        `${folder}: 1 row cannot be imported. ${this.#told[0]}. ${remedy.replaceAll("them", "it")}`,
      );
    const lines = [
      `${folder}: ${this.#count} rows cannot be imported:`,
      ...this.#told.map((each) => `  ${each}.`),
      ...(more > 0 ? [`  ... and ${more} more.`] : []),
    ];
    return new DatasetError("PICKAPIC_DATASET_ROW_INVALID", [...lines, remedy].join("\n"));
  }

  /** Returns a sentence about the dropped rows; none when there are none. */
  warnings(): string[] {
    if (this.#count === 0) return [];
    const reasons = this.dropped().map(
      ({ reason, count, rows }) => `${reason} in ${count} (${rows.slice(0, 3).join(", ")}${count > 3 ? ", ..." : ""})`,
    );
    return [`${this.#count} ${this.#count === 1 ? "row was" : "rows were"} left out: ${reasons.join("; ")}.`];
  }
}
