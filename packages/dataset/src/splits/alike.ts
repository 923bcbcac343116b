/**
 * @file Joins all texts of a list that are alike, without comparing every pair: an exact join of sets by their Jaccard similarity. No alike
 * pair is missed. Where a list would take too long, texts that were not compared are joined as if they were alike.
 */

import {
  type Division,
  divisionsOf,
  type Filter,
  keysOf,
  type Runs,
  rarePieces,
  runsOf,
  samePieces,
  wholeSets,
} from "./candidates.ts";
import type { Families } from "./families.ts";
import { compareLetters, type Letters } from "./letters.ts";
import { PieceSets } from "./pieces.ts";

/** A join in progress. */
interface Task {
  readonly sets: PieceSets;
  readonly families: Families;
  /** How many looks are left. A look is a quick test of two texts by their bitmaps; comparing them exactly costs as much as `COMPARISON` looks. */
  budget: number;
}

/** The budget of a join: looks for each text, and looks besides. A look takes about twenty nanoseconds, so that 200,000 texts take ten seconds at most. */
const LOOKS_PER_TEXT = 1500;
const LOOKS = 2e8;
/** What an exact comparison of two texts and the computation of a key of a text cost, in looks. */
const COMPARISON = 50;
const KEY = 8;
/** Runs with more members than this come last, and only pairs of different families are looked at in them. */
const LONG_RUN = 32;
/** In a list of at most this many texts, all pairs are looked at. */
const FEW = 128;
/** Filters are tried on a sample of this many texts, and only when a list has more than `MANY_PAIRS` pairs for each text. */
const SAMPLE = 1000;
const MANY_PAIRS = 20;

/**
 * Joins every two texts whose pieces have a Jaccard similarity of at least `least`. Texts can thus be joined through others.
 * @param texts different texts; text i is member i of `families`
 * @param least above 0, at most 1
 * @param looks the budget. Once it is used up, the pairs that are left are joined without a look
 */
export function joinAlike(texts: Letters, least: number, families: Families, looks = LOOKS + LOOKS_PER_TEXT * texts.size): void {
  const task: Task = { sets: new PieceSets(texts, least), families, budget: looks };
  const { sizes } = task.sets;
  // Texts that are neighbours in the alphabet are often alike, so that they are found first.
  const sorted = new Int32Array(texts.size);
  for (let i = 0; i < sorted.length; i++) sorted[i] = i;
  sorted.sort((a, b) => compareLetters(texts, a, b));
  const different = withoutRepeatedSets(task, sorted).sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  for (const members of neighbours(different, sizes, least)) joinMembers(task, members);
}

/** Joins texts with the same set of pieces, and returns one of each family, in the order of `members`. */
function withoutRepeatedSets(task: Task, members: Int32Array): Int32Array {
  const repeated = new Set<number>();
  for (const [first = 0, ...others] of eachRun(runsOf(wholeSets(task.sets, members), 0, members))) {
    for (const other of others) {
      if (!task.sets.hasSamePieces(first, other)) continue;
      task.families.join(first, other);
      repeated.add(other);
    }
  }
  return members.filter((member) => !repeated.has(member));
}

/**
 * Cuts texts in ascending order of size into classes, so that alike texts are in one class or in two that follow each other, and gives
 * each class with the next one.
 */
function* neighbours(bySize: Int32Array, sizes: Int32Array, least: number): Iterable<Int32Array> {
  const indexOf = (size: number, from: number) => {
    let at = from;
    while (at < bySize.length && (sizes[bySize[at] ?? 0] ?? 0) < size) at++;
    return at;
  };
  for (let start = 0; start < bySize.length; ) {
    const next = Math.floor((sizes[bySize[start] ?? 0] ?? 1) / least + 1e-9) + 1;
    const end = indexOf(next, start);
    yield bySize.subarray(start, indexOf(Math.floor((next - 1) / least + 1e-9) + 1, end));
    start = end;
  }
}

/** Joins those members that are alike. */
function joinMembers(task: Task, members: Int32Array): void {
  if (members.length <= FEW) {
    joinPairs(task, members);
    return;
  }
  const largest = members.reduce((most, member) => Math.max(most, task.sets.sizes[member] ?? 0), 0);
  const [usual, ...others] = divisionsOf(largest, task.sets.least);
  const first = samePieces(task.sets, members, usual);
  joinNeighbours(task, members, first);
  if (isOneFamily(task, members)) return;
  const trial = new Trial(task, members);
  const pairs = trial.costOf(samePieces(task.sets, trial.sample, usual));
  const filter = pairs <= MANY_PAIRS * members.length ? first : trial.cheapest([usual, ...others]);
  for (let pass = 0; pass < filter.passes; pass++) joinRuns(task, runsOf(filter, pass, members));
}

/** Tries filters with some of the members. */
class Trial {
  readonly sample: Int32Array;
  readonly #task: Task;
  readonly #members: Int32Array;
  readonly #step: number;

  constructor(task: Task, members: Int32Array) {
    this.#task = task;
    this.#members = members;
    this.#step = Math.ceil(members.length / SAMPLE);
    this.sample = members.filter((_, i) => i % this.#step === 0);
  }

  /** About how many pairs of different families a filter for the sample would give for all members; it stops counting above `most`. */
  costOf(filter: Filter, most = Number.POSITIVE_INFINITY): number {
    let cost = 0;
    for (let pass = 0; pass < filter.passes && cost < most; pass++)
      for (const run of eachRun(runsOf(filter, pass, this.sample))) cost += pairsBetween(this.#task, run) * this.#step ** 2;
    return cost;
  }

  /** The filter that takes the least time. */
  cheapest(divisions: readonly Division[]): Filter {
    const [{ sets }, members] = [this.#task, this.#members];
    let best = { cost: this.costOf(rarePieces(sets, this.sample)), filter: () => rarePieces(sets, members) };
    for (const division of divisions) {
      const ofKeys = KEY * keysOf(division) * members.length;
      if (ofKeys >= best.cost) continue;
      const cost = ofKeys + this.costOf(samePieces(sets, this.sample, division), best.cost - ofKeys);
      if (cost < best.cost) best = { cost, filter: () => samePieces(sets, members, division) };
    }
    return best.filter();
  }
}

/** Pairs of members that are of different families. */
function pairsBetween({ families }: Task, members: Int32Array): number {
  let pairs = 0;
  const counts = new Map<number, number>();
  for (const [before, member] of members.entries()) {
    const family = families.find(member);
    const same = counts.get(family) ?? 0;
    pairs += before - same;
    counts.set(family, same + 1);
  }
  return pairs;
}

function isOneFamily({ families }: Task, members: Int32Array): boolean {
  const family = families.find(members[0] ?? 0);
  return members.every((member) => families.find(member) === family);
}

/** The members of each run. */
function* eachRun({ members, starts }: Runs): Iterable<Int32Array> {
  for (let run = 0; run + 1 < starts.length; run++) yield members.subarray(starts[run], starts[run + 1]);
}

/**
 * Compares each member of a run with the one before it, which joins most texts of a large family in a time that grows with the keys only.
 * The passes end when one of them joins few texts.
 */
function joinNeighbours(task: Task, members: Int32Array, filter: Filter): void {
  for (let pass = 0, joined = members.length; pass < filter.passes && joined > members.length / 20; pass++) {
    joined = 0;
    for (const run of eachRun(runsOf(filter, pass, members)))
      for (let at = 1; at < run.length; at++) joined += Number(joinIfAlike(task, run[at - 1] ?? 0, run[at] ?? 0));
  }
}

/** Looks at all pairs within each run. Long runs come last, so that a budget that ends early affects only them. */
function joinRuns(task: Task, runs: Runs): void {
  const long: Int32Array[] = [];
  for (const run of eachRun(runs)) {
    if (run.length > LONG_RUN) long.push(run);
    else for (let a = 1; a < run.length; a++) for (let b = 0; b < a; b++) joinIfAlike(task, run[a] ?? 0, run[b] ?? 0);
  }
  for (const run of long.sort((a, b) => a.length - b.length)) joinPairs(task, run);
}

/** Looks at all pairs of members that are in different families at the beginning. */
function joinPairs(task: Task, members: Int32Array): void {
  const groups = [...Map.groupBy(members, (member) => task.families.find(member)).values()];
  const sorted = Int32Array.from(groups.flat());
  let end = 0;
  for (const group of groups) {
    end += group.length;
    for (const member of group) {
      if (task.budget < 0 && end < sorted.length) task.families.join(member, sorted[end] ?? 0);
      else for (let at = end; at < sorted.length; at++) joinIfAlike(task, member, sorted[at] ?? 0);
    }
  }
}

/** Joins two texts if they are alike, or in any case when the budget is used up. Returns whether that joined two families. */
function joinIfAlike(task: Task, a: number, b: number): boolean {
  const { sets, families } = task;
  task.budget--;
  if (task.budget >= 0 && !sets.mayBeAlike(a, b)) return false;
  if (families.find(a) === families.find(b)) return false;
  task.budget -= COMPARISON;
  if (task.budget >= 0 && !sets.areAlike(a, b)) return false;
  families.join(a, b);
  return true;
}
