/** @file Categories of rankings, for tables of accuracy: by models, by length and subject of the prompt, by guidance, by time, by how clearly people agree. */
import type { Label } from "@pickapic/evaluation";
import type { JudgedPair } from "./pairs.ts";
import { type Answer, pairKey } from "./people.ts";
import { OTHER_SUBJECTS, SUBJECTS, subjectOf } from "./subjects.ts";

/** What is known of a dataset beside the judged pairs. */
export interface CategoryFacts {
  /** When each ranking was made, by its id. */
  readonly times: ReadonlyMap<bigint, Date>;
  /** All answers to each pair of images, by `pairKey`. */
  readonly answers: ReadonlyMap<string, readonly Answer[]>;
}

/** The category of each pair, and the categories in the order in which they are shown. */
export interface Grouping {
  readonly categories: readonly string[];
  readonly order: readonly string[];
}

type Group = (pairs: readonly JudgedPair[], facts: CategoryFacts) => Grouping;

/** Returns the index of the range that holds a value: 0 below the first edge. An edge belongs to the range above it. */
const rangeOf = (edges: readonly number[], value: number): number => edges.filter((edge) => value >= edge).length;

const LENGTHS = ["1 to 5 words", "6 to 10 words", "11 to 20 words", "over 20 words"];
const GUIDANCE = ["difference under 2", "difference 2 to 4", "difference over 4", "not recorded"];
const AGREEMENT = ["one answer", "all agree", "three quarters agree", "a majority agrees", "no majority"];

const fixed = (order: readonly string[], category: (pair: JudgedPair, facts: CategoryFacts) => string | undefined): Group =>
  (pairs, facts) => ({ order, categories: pairs.map((pair) => category(pair, facts) ?? "") }); // biome-ignore format: one line each

const byCount =
  (category: (pair: JudgedPair) => string): Group =>
  (pairs) => {
    const categories = pairs.map(category);
    const counts = Map.groupBy(categories, (each) => each);
    return {
      categories,
      order: [...counts].sort(([a, x], [b, y]) => y.length - x.length || a.localeCompare(b)).map(([name]) => name),
    };
  };

/** Every way to sort rankings into categories, by its name on the command line. */
export const CATEGORIES = {
  models: byCount(({ image0, image1 }) => [image0.model, image1.model].sort().join(" and ")),
  length: fixed(LENGTHS, ({ caption }) => LENGTHS[rangeOf([6, 11, 21], wordsOf(caption))]),
  subject: fixed([...Object.keys(SUBJECTS), OTHER_SUBJECTS], ({ caption }) => subjectOf(caption)),
  guidance: fixed(GUIDANCE, ({ image0, image1 }) =>
    image0.guidanceScale === null || image1.guidanceScale === null
      ? GUIDANCE[3]
      : GUIDANCE[rangeOf([2, 4], Math.abs(image0.guidanceScale - image1.guidanceScale))],
  ),
  time: (pairs, { times }) => byTime(pairs.map(({ rankingId }) => times.get(rankingId) ?? new Date(0))),
  agreement: fixed(
    AGREEMENT,
    ({ caption, image0, image1 }, { answers }) =>
      AGREEMENT[clarityOf((answers.get(pairKey(caption, image0.uid, image1.uid)) ?? []).map(({ label }) => label))],
  ),
} as const satisfies Record<string, Group>;

/** The name of a way to sort rankings into categories. */
export type CategoryName = keyof typeof CATEGORIES;

const wordsOf = (caption: string): number => caption.trim().split(/\s+/).length;

/** Returns how clearly the people who judged a pair agree, as an index in `AGREEMENT`. */
function clarityOf(labels: readonly Label[]): number {
  if (labels.length < 2) return 0;
  const most = Math.max(...[0, 1, "tie"].map((label) => labels.filter((each) => each === label).length));
  const share = most / labels.length;
  if (share === 1) return 1;
  if (share >= 0.75) return 2;
  return share > 0.5 ? 3 : 4;
}

/** Groups times by days, months or years of UTC, whichever is the finest that gives at most `MOST_PERIODS` groups. */
function byTime(times: readonly Date[]): Grouping {
  const cut = (length: number) => times.map((time) => time.toISOString().slice(0, length));
  const categories = [10, 7].map(cut).find((periods) => new Set(periods).size <= MOST_PERIODS) ?? cut(4);
  return { categories, order: [...new Set(categories)].sort() };
}

const MOST_PERIODS = 12;
