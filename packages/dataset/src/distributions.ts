/** @file How the rankings of a dataset are distributed: what the figures of a page about it show. */

import type { Dataset } from "./read/read.ts";
import { dateOf, OWN_SPLITS, type PreferenceRow } from "./row.ts";

/** How often a value occurred: one bar of a figure. */
export interface Bar {
  /** The value, or a range such as "6–10". */
  readonly label: string;
  readonly count: number;
}

/** Images of a range of guidance scales, and how often they were preferred. */
export interface GuidanceBar extends Bar {
  /** (wins + ties / 2) / games over all rankings that show such an image; 0...1. */
  readonly winRate: number;
}

/** Rankings of a day, a week or a month. */
export interface Moment {
  /** The first day, ISO 8601, UTC. */
  readonly day: string;
  readonly rankings: number;
  readonly ties: number;
}

/** The distributions of a dataset, over train, validation and test: the unique splits repeat rows of these. */
export interface Distributions {
  /** People by the number of their prompts. */
  readonly promptsPerUser: readonly Bar[];
  /** People by the number of their rankings. */
  readonly rankingsPerUser: readonly Bar[];
  /** Prompts by the number of their different images. */
  readonly imagesPerPrompt: readonly Bar[];
  /** Prompts by their number of words. */
  readonly wordsPerPrompt: readonly Bar[];
  /** The words that are in the most prompts, with the number of prompts; words that say nothing alone are left out. */
  readonly words: readonly Bar[];
  /** Shown images by guidance scale, in steps of 1; empty where it was not recorded. */
  readonly guidance: readonly GuidanceBar[];
  /** Rankings by the time that the answer took; empty where it was not recorded. */
  readonly answerSeconds: readonly Bar[];
  /** At most 60 moments, of equal length, from the first ranking to the last. */
  readonly overTime: readonly Moment[];
  /** How long a moment of `overTime` is, in days. */
  readonly momentDays: number;
}

const COLUMNS = [
  ...(["caption", "user_id", "created_at", "label_0", "image_0_uid", "image_1_uid"] as const),
  ...(["guidance_scale_0", "guidance_scale_1", "answer_ms"] as const),
] as const;
type Row = Pick<PreferenceRow, (typeof COLUMNS)[number]>;

/** Reads every row once, without pictures. Memory holds the prompts, the people and the uids of the images. */
export async function distributions(dataset: Dataset): Promise<Distributions> {
  const counter = new Counter();
  for (const split of OWN_SPLITS) for await (const row of dataset.read(split, { columns: COLUMNS })) counter.add(row);
  return counter.result();
}

class Counter {
  readonly #people = new Map<bigint, { readonly prompts: Set<string>; rankings: number }>();
  readonly #images = new Map<string, Set<string>>();
  readonly #guidance = new Map<number, { games: number; score: number }>();
  readonly #seconds = new Map<number, number>();
  readonly #days = new Map<number, { rankings: number; ties: number }>();

  add({ caption, user_id, created_at, label_0, image_0_uid, image_1_uid, answer_ms, ...row }: Row): void {
    const person = this.#people.get(user_id) ?? { prompts: new Set(), rankings: 0 };
    this.#people.set(user_id, person);
    person.prompts.add(caption);
    person.rankings++;
    const images = this.#images.get(caption) ?? new Set();
    this.#images.set(caption, images.add(image_0_uid).add(image_1_uid));
    this.#addGuidance(row.guidance_scale_0, label_0);
    this.#addGuidance(row.guidance_scale_1, 1 - label_0);
    if (answer_ms !== null) increment(this.#seconds, Math.floor(answer_ms / 1000));
    const day = Math.floor(dateOf(created_at).getTime() / DAY_MS);
    const of = this.#days.get(day) ?? { rankings: 0, ties: 0 };
    this.#days.set(day, of);
    of.rankings++;
    if (label_0 === 0.5) of.ties++;
  }

  #addGuidance(scale: number | null, score: number): void {
    if (scale === null) return;
    const of = this.#guidance.get(Math.floor(scale)) ?? { games: 0, score: 0 };
    this.#guidance.set(Math.floor(scale), of);
    of.games++;
    of.score += score;
  }

  result(): Distributions {
    const prompts = [...this.#images.keys()];
    const people = [...this.#people.values()];
    return {
      promptsPerUser: barsOf(people.map((person) => person.prompts.size)),
      rankingsPerUser: barsOf(people.map(({ rankings }) => rankings)),
      imagesPerPrompt: barsOf([...this.#images.values()].map(({ size }) => size)),
      wordsPerPrompt: barsOf(prompts.map((prompt) => wordsIn(prompt).length)),
      words: commonWords(prompts),
      guidance: [...this.#guidance]
        .sort(([a], [b]) => a - b)
        .map(([low, { games, score }]) => ({ label: `${low}–${low + 1}`, count: games, winRate: score / games })),
      answerSeconds: barsOf([...this.#seconds].flatMap(([seconds, count]) => Array<number>(count).fill(seconds))),
      ...momentsOf(this.#days),
    };
  }
}

const DAY_MS = 86_400_000;

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Up to this many different values each have a bar of their own. */
const MOST_SINGLE = 16;
/** Where the ranges of more values begin. */
const EDGES = [0, 1, 2, 3, 4, 6, 11, 21, 51, 101, 201, 501, 1001, 2001, 5001, 10_001, 20_001, 50_001, 100_001];

/** Bars of whole numbers: of each from the smallest to the largest, or of ranges that grow, when the numbers are far apart. */
export function barsOf(values: readonly number[]): Bar[] {
  const counts = new Map<number, number>();
  for (const value of values) increment(counts, value);
  const sorted = [...counts.keys()].sort((a, b) => a - b);
  const [low, high] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined) return [];
  if (high - low < MOST_SINGLE)
    return Array.from({ length: high - low + 1 }, (_, i) => ({ label: `${low + i}`, count: counts.get(low + i) ?? 0 }));
  return EDGES.flatMap((edge, i) => {
    const next = EDGES[i + 1] ?? Number.POSITIVE_INFINITY;
    if (next <= low || edge > high) return [];
    const count = sorted.reduce((sum, value) => sum + (value >= edge && value < next ? (counts.get(value) ?? 0) : 0), 0);
    const label = next - edge === 1 ? `${edge}` : next === Number.POSITIVE_INFINITY ? `${edge}+` : `${edge}–${next - 1}`;
    return [{ label, count }];
  });
}

const wordsIn = (prompt: string): string[] => prompt.split(/\s+/u).filter(Boolean);

/** Words of English that say nothing about a picture by themselves. */
const SILENT: ReadonlySet<string> = new Set(
  "a an and as at by for from in into is it its of on or over that the this to under with without".split(" "),
);
const MOST_WORDS = 24;

/** The words in the most prompts; of equal ones the first by letters. A word counts once in a prompt, without case or signs. */
function commonWords(prompts: readonly string[]): Bar[] {
  const counts = new Map<string, number>();
  for (const prompt of prompts) {
    const words = new Set(prompt.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu) ?? []);
    for (const word of words) if (!SILENT.has(word)) increment(counts, word);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.slice(0, MOST_WORDS).map(([label, count]) => ({ label, count }));
}

const MOST_MOMENTS = 60;

/** Sums days to at most `MOST_MOMENTS` equal stretches; a stretch without rankings is there too. */
function momentsOf(
  days: ReadonlyMap<number, { rankings: number; ties: number }>,
): Pick<Distributions, "overTime" | "momentDays"> {
  const all = [...days.keys()];
  const [first, last] = [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
  if (all.length === 0) return { overTime: [], momentDays: 1 };
  const momentDays = Math.ceil((last - first + 1) / MOST_MOMENTS);
  const moments = Array.from({ length: Math.ceil((last - first + 1) / momentDays) }, (_, i) => ({
    day: new Date((first + i * momentDays) * DAY_MS).toISOString().slice(0, 10),
    rankings: 0,
    ties: 0,
  }));
  for (const [day, { rankings, ties }] of days) {
    const moment = moments[Math.floor((day - first) / momentDays)];
    if (!moment) continue;
    moment.rankings += rankings;
    moment.ties += ties;
  }
  return { overTime: moments, momentDays };
}
