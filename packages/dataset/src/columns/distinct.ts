/** @file Counts different texts of columns without a string for each value. */

import { type ColumnData, valuesOf } from "./block.ts";
import type { TextDictionary } from "./dictionary.ts";

/** The different texts of columns. While all columns share a dictionary, a byte for each of its texts is all that is stored. */
export class DistinctTexts {
  readonly #texts = new Set<string>();
  #dictionary: TextDictionary | undefined;
  #seen = new Uint8Array();

  /** Adds the texts of these rows of a column; null is no text. */
  add(data: ColumnData | undefined, rows: Int32Array): void {
    if (data?.kind !== "texts") return;
    if (data.dictionary !== this.#dictionary) {
      this.#spill();
      this.#dictionary = data.dictionary;
      this.#seen = new Uint8Array(data.dictionary.size);
    }
    const values = valuesOf(data, rows);
    for (let i = 0; i < values.length; i++) {
      const code = data.codes[values[i] ?? 0] ?? -1;
      if (code >= 0) this.#seen[code] = 1;
    }
  }

  /** How many different texts were added. */
  get size(): number {
    if (this.#texts.size > 0) this.#spill();
    return this.#texts.size > 0 ? this.#texts.size : this.#seen.reduce((sum, seen) => sum + seen, 0);
  }

  /** The different texts, in no order. */
  texts(): string[] {
    this.#spill();
    return [...this.#texts];
  }

  #spill(): void {
    const dictionary = this.#dictionary;
    if (!dictionary) return;
    for (let code = 0; code < this.#seen.length; code++) if (this.#seen[code] === 1) this.#texts.add(dictionary.text(code));
    this.#dictionary = undefined;
    this.#seen = new Uint8Array();
  }
}
