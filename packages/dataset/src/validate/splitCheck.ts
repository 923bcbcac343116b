/** @file Checks the rules between the splits of a dataset. */

import { SPLITS, type Split } from "../row.ts";
import type { RawRow } from "../shards/parquet.ts";
import { ENOUGH_PROMPTS } from "../splits/splits.ts";
import type { Report } from "./findings.ts";

interface PromptCount {
  rows: number;
  /** num_example_per_prompt of its rows, each with a ranking for the message. */
  readonly told: Map<unknown, unknown>;
}

/** Checks rules between rows: ids, prompts and counts of the splits. */
export class SplitCheck {
  readonly #report: Report;
  readonly #prompts = new Map<Split, Map<string, PromptCount>>(SPLITS.map((split) => [split, new Map()]));
  readonly #homes = new Map<string, Split>();
  readonly #ids = new Map<Split, Set<unknown>>(SPLITS.map((split) => [split, new Set()]));
  readonly #rankings = new Set<unknown>();
  readonly #uniqueUsers = new Set<unknown>();
  /** The first row of a unique split whose person occurs there with another prompt too, and the number of such rows. */
  #repeatedUser: { readonly split: Split; readonly text: string; rows: number } | undefined;
  #uniqueRows = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  add(split: Split, row: RawRow): void {
    const caption = String(row.caption);
    const prompts = this.#prompts.get(split) ?? new Map<string, PromptCount>();
    this.#prompts.set(split, prompts);
    const count = prompts.get(caption) ?? { rows: 0, told: new Map() };
    prompts.set(caption, count);
    count.rows++;
    count.told.set(row.num_example_per_prompt, row.ranking_id);
    if (split.endsWith("_unique")) this.#addUnique(split, row, count);
    else this.#addBase(split, row, caption);
    this.#ids.get(split)?.add(row.ranking_id);
  }

  #addBase(split: Split, row: RawRow, caption: string): void {
    const home = this.#homes.get(caption) ?? split;
    this.#homes.set(caption, home);
    if (home !== split)
      this.#report.addRow(
        "error",
        "PROMPT_IN_TWO_SPLITS",
        split,
        `ranking ${row.ranking_id}: its prompt ${JSON.stringify(caption)} is in ${home} too`,
      );
    if (this.#rankings.has(row.ranking_id))
      this.#report.addRow("error", "RANKING_REPEATED", split, `ranking ${row.ranking_id} is there twice`);
    this.#rankings.add(row.ranking_id);
  }

  #addUnique(split: Split, row: RawRow, { rows }: PromptCount): void {
    if (rows === 2)
      this.#report.addRow(
        "error",
        "UNIQUE_REPEATED",
        split,
        `ranking ${row.ranking_id}: its prompt ${JSON.stringify(row.caption)} must have exactly one ranking here, but has more`,
      );
    this.#uniqueRows++;
    if (this.#uniqueUsers.has(row.user_id)) this.#noteRepeatedUser(split, row);
    this.#uniqueUsers.add(row.user_id);
  }

  #noteRepeatedUser(split: Split, row: RawRow): void {
    const text = `ranking ${row.ranking_id}: person ${row.user_id} is there for another prompt too, though each prompt should be of a different person`;
    this.#repeatedUser ??= { split, text, rows: 0 };
    this.#repeatedUser.rows++;
  }

  finish(present: ReadonlySet<Split>): void {
    // Up to ENOUGH_PROMPTS, a small dataset may hold out several prompts of one person: see planSplits.
    const repeated = this.#uniqueRows > ENOUGH_PROMPTS ? this.#repeatedUser : undefined;
    if (repeated) this.#report.addRow("warning", "UNIQUE_USER_REPEATED", repeated.split, repeated.text, repeated.rows);
    for (const [split, prompts] of this.#prompts) this.#checkCounts(split, prompts);
    for (const base of ["validation", "test"] as const) {
      const unique = `${base}_unique` as const;
      if (present.has(base) && present.has(unique)) this.#checkUnique(base, unique);
    }
  }

  #checkCounts(split: Split, prompts: ReadonlyMap<string, PromptCount>): void {
    for (const { rows, told } of prompts.values()) {
      for (const [number, ranking] of told) {
        if (number === BigInt(rows)) continue;
        this.#report.addRow(
          "error",
          "EXAMPLE_COUNT",
          split,
          `ranking ${ranking}: num_example_per_prompt must be the ${rows} rankings of its caption in the split, but it is ${number}`,
        );
      }
    }
  }

  #checkUnique(base: Split, unique: Split): void {
    const stray = [...(this.#ids.get(unique) ?? [])].filter((id) => !this.#ids.get(base)?.has(id));
    if (stray.length > 0)
      this.#report.addRow("error", "UNIQUE_STRAY", unique, `ranking ${stray[0]} must be in ${base} too, but is not`);
    const absent = [...(this.#prompts.get(base)?.keys() ?? [])].filter((caption) => !this.#prompts.get(unique)?.has(caption));
    if (absent.length > 0)
      this.#report.addRow(
        "error",
        "UNIQUE_ABSENT",
        unique,
        `the prompt ${JSON.stringify(absent[0])} of ${base} must have one ranking here, but has none`,
      );
  }
}
