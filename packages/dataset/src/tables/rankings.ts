/** @file Turns the answers of a table into rankings: numbers the people, and finds repeated answers. */

import { labelColumns, UNRECORDED } from "../row.ts";
import type { RankingRecord } from "../source.ts";
import type { Answer } from "./pairRows.ts";
import type { Faults } from "./refused.ts";

/** Collects rankings; people are numbered in order of appearance. */
export class RankingTable {
  readonly records: RankingRecord[] = [];
  readonly #faults: Faults;
  readonly #hasPeople: boolean;
  readonly #created: bigint;
  readonly #people = new Map<string, bigint>();
  /** Where each pair of a person and a prompt occurs first. */
  readonly #firstRows = new Map<string, string>();
  readonly #repeated: [first: string, again: string][] = [];

  /**
   * @param hasPeople whether the table names who chose; if not, a repeated pair may be another person's answer
   * @param created time of every ranking, nanoseconds since 1970 UTC
   */
  constructor(faults: Faults, hasPeople: boolean, created: bigint) {
    this.#faults = faults;
    this.#hasPeople = hasPeople;
    this.#created = created;
  }

  /** Adds the ranking of an answer to images with these uids, or a fault. */
  add(answer: Answer, [image_0_uid, image_1_uid]: readonly [string, string]): void {
    const { where, number, prompt, choice, paths } = answer;
    const [model_0, model_1] = answer.models;
    if (image_0_uid === image_1_uid) {
      const which = paths.every((path) => path !== "") ? paths.join(" and ") : "both";
      this.#faults.add(where, `expected two different images; ${which} are the same picture: leave the row out`);
      return;
    }
    const user_id = this.#people.get(answer.person) ?? BigInt(this.#people.size + 1);
    this.#people.set(answer.person, user_id);
    this.#notice(where, JSON.stringify([answer.person, prompt, ...[image_0_uid, image_1_uid].sort()]));
    this.records.push({
      ...UNRECORDED,
      ...labelColumns(choice, image_0_uid, image_1_uid),
      ...{ image_0_uid, image_1_uid, image_0_url: "", image_1_url: "" },
      ...{ model_0, model_1, are_different: model_0 !== model_1 },
      caption: prompt,
      created_at: this.#created,
      ranking_id: BigInt(number),
      user_id,
    });
  }

  /** Reports a pair that a person answers twice. */
  #notice(where: string, pair: string): void {
    const first = this.#firstRows.get(pair);
    this.#firstRows.set(pair, first ?? where);
    if (first === undefined) return;
    this.#repeated.push([first, where]);
    if (this.#hasPeople)
      this.#faults.add(
        where,
        `the same person has answered this prompt and pair of images in ${first} already: leave one of them out`,
      );
  }

  warnings(): string[] {
    const [one] = this.#repeated;
    if (!one) return [];
    const count = this.#repeated.length === 1 ? "1 row repeats" : `${this.#repeated.length} rows repeat`;
    return [
      `${count} the prompt and the images of an earlier one (the first: ${one[1]}, as in ${one[0]}): each counts as an answer of its own. A column \`user\` tells who answered.`,
    ];
  }
}
