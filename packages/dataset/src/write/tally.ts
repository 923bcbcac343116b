/** @file Counts what card and summary of a dataset say about its rows, while they are written. */

import { type ColumnData, isNullAt, type Rows, valueAt, valuesOf } from "../columns/block.ts";
import { DistinctTexts } from "../columns/distinct.ts";
import type { ColumnName, Split } from "../row.ts";
import type { WrittenShard } from "../shards/shards.ts";
import type { DatasetSummary, SplitSummary } from "./summary.ts";

/** Whether the rows of a split repeat rows of another one. */
export const repeats = (split: Split): boolean => split.endsWith("_unique");

/** One value for each split. */
const forEachSplit = <T>(make: (split: Split) => T): Record<Split, T> => ({
  train: make("train"),
  validation: make("validation"),
  test: make("test"),
  validation_unique: make("validation_unique"),
  test_unique: make("test_unique"),
});

/** Counts rows, ties, and different prompts, people, models and images. */
export class Tally {
  readonly #rows = forEachSplit(() => 0);
  readonly #prompts = forEachSplit(() => new DistinctTexts());
  readonly #people = new Set<bigint>();
  readonly #models = new DistinctTexts();
  readonly #images = new DistinctTexts();
  readonly #consents = new DistinctTexts();
  #ties = 0;
  #simulated = 0;
  #first: bigint | undefined;
  #last: bigint | undefined;

  /** Counts rows of a split. */
  add(split: Split, { block, rows }: Rows): void {
    const column = (name: ColumnName) => block.columns.get(name);
    this.#rows[split] += rows.length;
    this.#prompts[split].add(column("caption"), rows);
    if (repeats(split)) return;
    for (const name of ["model_0", "model_1"] as const) this.#models.add(column(name), rows);
    for (const name of ["image_0_uid", "image_1_uid"] as const) this.#images.add(column(name), rows);
    this.#consents.add(column("consent_version"), rows);
    this.#addValues({ block, rows });
  }

  #addValues({ block, rows }: Rows): void {
    const labelled = block.columns.get("has_label");
    const simulated = block.columns.get("simulated");
    for (const row of rows) {
      if (valueAt(labelled, row, true) === false) this.#ties++;
      if (!isNullAt(simulated, row)) this.#simulated++;
    }
    this.#addPeople(block.columns.get("user_id"), rows);
    this.#addTimes(block.columns.get("created_at"), rows);
  }

  /** Rows of one person often follow each other; then the person is looked up once. */
  #addPeople(people: ColumnData | undefined, rows: Int32Array): void {
    if (people?.kind !== "integers") return;
    let last: bigint | undefined;
    for (const at of valuesOf(people, rows)) {
      const person = people.values[at] ?? 0n;
      if (person !== last) this.#people.add(person);
      last = person;
    }
  }

  #addTimes(times: ColumnData | undefined, rows: Int32Array): void {
    if (times?.kind !== "integers") return;
    for (const at of valuesOf(times, rows)) {
      const time = times.values[at] ?? 0n;
      if (this.#first === undefined || time < this.#first) this.#first = time;
      if (this.#last === undefined || time > this.#last) this.#last = time;
    }
  }

  get #rankings(): number {
    return this.#rows.train + this.#rows.validation + this.#rows.test;
  }

  /** The counts that the dataset card shows. */
  facts() {
    return {
      rankings: this.#rankings,
      ties: this.#ties,
      people: this.#people.size,
      models: this.#models.texts().sort(),
      simulated: this.#simulated,
      consentVersions: this.#consents.texts().sort(),
      first: this.#first,
      last: this.#last,
    };
  }

  /** The counts that the caller of an export gets. */
  summary(
    { folder, release, rule, warnings }: Pick<DatasetSummary, "folder" | "release" | "rule" | "warnings">,
    written: ReadonlyMap<Split, readonly WrittenShard[]>,
  ): DatasetSummary {
    const splits = forEachSplit((split): SplitSummary => {
      const shards = written.get(split) ?? [];
      return {
        rows: this.#rows[split],
        prompts: this.#prompts[split].size,
        shards: shards.length,
        bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    });
    return {
      folder,
      release,
      splits,
      rankings: this.#rankings,
      images: this.#images.size,
      simulated: this.#simulated,
      rule,
      warnings,
    };
  }
}
