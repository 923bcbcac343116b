/** @file Statistics of a dataset. */

import { checkIds } from "./read/ids.ts";
import type { Dataset } from "./read/read.ts";
import { dateOf, type PreferenceRow, type Split } from "./row.ts";

/** Counts over the rows of one split, or of several: rows, ties, and how many different prompts, people and images they have. */
export interface SplitStatistics {
  readonly rankings: number;
  readonly ties: number;
  readonly prompts: number;
  readonly users: number;
  readonly images: number;
}

/** How often the images of one text-to-image model were shown and preferred. */
export interface ModelStatistics {
  readonly model: string;
  /** How often an image of this model was judged. */
  readonly shown: number;
  /** Against other models only. */
  readonly wins: number;
  readonly ties: number;
  readonly games: number;
}

/** How often something was preferred, and how often it could have been. */
export interface Preferred {
  readonly wins: number;
  readonly games: number;
}

/** Smallest, mean, median and largest value; NaN without values. */
export interface Spread {
  readonly min: number;
  readonly mean: number;
  readonly median: number;
  readonly max: number;
}

/**
 * Counts over train, validation and test; the unique splits repeat rows of these. Shares are the caller's to form, since they may be told from enough
 * rows only.
 */
export interface Statistics extends SplitStatistics {
  readonly folder: string;
  readonly hasImages: boolean;
  /** Rows that a simulated person answered. */
  readonly simulated: number;
  /** ISO 8601, UTC; null without rows. */
  readonly first: string | null;
  readonly last: string | null;
  readonly splits: Readonly<Partial<Record<Split, SplitStatistics>>>;
  /** Most shown first. */
  readonly models: readonly ModelStatistics[];
  readonly wordsPerPrompt: Spread;
  readonly rankingsPerPrompt: Spread;
  readonly rankingsPerUser: Spread;
  /** ms, over the rows that recorded it. */
  readonly answerMs: Spread;
  /** How often the left image was preferred, of the non-ties that recorded the side; half of them means no bias. */
  readonly left: Preferred;
  /** How often a kept image was preferred again, of the non-ties with a kept image. */
  readonly kept: Preferred;
}

const COLUMNS = [
  "caption",
  "created_at",
  "has_label",
  "image_0_uid",
  "image_1_uid",
  "label_0",
  "model_0",
  "model_1",
  "user_id",
  "slot_0",
  "kept_image",
  "answer_ms",
  "simulated",
] as const;
type Row = Pick<PreferenceRow, (typeof COLUMNS)[number]>;

/**
 * Reads every row once, without pictures.
 * @throws DatasetError PICKAPIC_DATASET_ROW_INVALID for ids that are there twice, and for labels that say no preference
 */
export async function statistics(dataset: Dataset): Promise<Statistics> {
  await checkIds(dataset);
  const whole = new Counter();
  const splits: Partial<Record<Split, SplitStatistics>> = {};
  for (const split of dataset.splits) {
    const counter = new Counter();
    const targets = split.endsWith("_unique") ? [counter] : [counter, whole];
    for await (const row of dataset.read(split, { columns: COLUMNS })) for (const target of targets) target.add(row);
    splits[split] = counter.counts();
  }
  return { folder: dataset.folder, hasImages: dataset.hasImages, ...whole.counts(), ...whole.details(), splits };
}

class Counter {
  #rankings = 0;
  #ties = 0;
  #simulated = 0;
  #first: bigint | undefined;
  #last: bigint | undefined;
  readonly #prompts = new Map<string, number>();
  readonly #users = new Map<bigint, number>();
  readonly #images = new Set<string>();
  readonly #models = new Map<string, { shown: number; wins: number; ties: number; games: number }>();
  readonly #answerMs: number[] = [];
  readonly #left = { wins: 0, games: 0 };
  readonly #kept = { wins: 0, games: 0 };

  add(row: Row): void {
    this.#rankings++;
    if (!row.has_label) this.#ties++;
    if (row.simulated !== null) this.#simulated++;
    if (this.#first === undefined || row.created_at < this.#first) this.#first = row.created_at;
    if (this.#last === undefined || row.created_at > this.#last) this.#last = row.created_at;
    this.#prompts.set(row.caption, (this.#prompts.get(row.caption) ?? 0) + 1);
    this.#users.set(row.user_id, (this.#users.get(row.user_id) ?? 0) + 1);
    this.#images.add(row.image_0_uid).add(row.image_1_uid);
    if (row.answer_ms !== null) this.#answerMs.push(row.answer_ms);
    this.#addModels(row);
    this.#addBias(row);
  }

  #addModels({ model_0, model_1, label_0 }: Row): void {
    const sides = [
      { model: model_0, label: label_0 },
      { model: model_1, label: 1 - label_0 },
    ];
    for (const { model, label } of sides) {
      const counts = this.#models.get(model) ?? { shown: 0, wins: 0, ties: 0, games: 0 };
      this.#models.set(model, counts);
      counts.shown++;
      if (model_0 === model_1) continue;
      counts.games++;
      if (label === 1) counts.wins++;
      if (label === 0.5) counts.ties++;
    }
  }

  #addBias({ has_label, label_0, slot_0, kept_image }: Row): void {
    if (!has_label) return;
    const winner = label_0 === 1 ? 0 : 1;
    if (slot_0 !== null) {
      this.#left.games++;
      if ((slot_0 === "left") === (winner === 0)) this.#left.wins++;
    }
    if (kept_image !== null) {
      this.#kept.games++;
      if (kept_image === winner) this.#kept.wins++;
    }
  }

  counts(): SplitStatistics {
    return {
      rankings: this.#rankings,
      ties: this.#ties,
      prompts: this.#prompts.size,
      users: this.#users.size,
      images: this.#images.size,
    };
  }

  details() {
    const models = [...this.#models].map(([model, counts]) => ({ model, ...counts }));
    const iso = (time: bigint | undefined) => (time === undefined ? null : dateOf(time).toISOString());
    return {
      simulated: this.#simulated,
      first: iso(this.#first),
      last: iso(this.#last),
      models: models.sort((a, b) => b.shown - a.shown || (a.model < b.model ? -1 : 1)),
      wordsPerPrompt: spread([...this.#prompts.keys()].map(countWords)),
      rankingsPerPrompt: spread([...this.#prompts.values()]),
      rankingsPerUser: spread([...this.#users.values()]),
      answerMs: spread(this.#answerMs),
      left: { ...this.#left },
      kept: { ...this.#kept },
    };
  }
}

const countWords = (caption: string): number => caption.split(/\s+/u).filter(Boolean).length;

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (position: number) => sorted[position] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    min: at(0),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  };
}
