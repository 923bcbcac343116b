/** @file Measures several programs in turns, so that other load on the machine affects all of them alike. */
import { itemAt } from "../../packages/errors/src/index.ts";

/** Does a piece of work and returns the seconds that it took. */
export type Timed = () => Promise<number>;

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Median, least and most of at least one number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [itemAt(sorted, (sorted.length - 1) >> 1), itemAt(sorted, sorted.length >> 1)];
  return { median: (low + high) / 2, least: itemAt(sorted, 0), most: itemAt(sorted, sorted.length - 1) };
}

/** The seconds that `work` takes in this process. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Runs every side once to warm up, then all in turns `rounds` times: A B C A B C ... */
export async function inTurns<K extends string>(sides: Readonly<Record<K, Timed>>, rounds: number): Promise<Record<K, number[]>> {
  const names = Object.keys(sides) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (const name of names) await sides[name]();
  for (let round = 0; round < rounds; round++) for (const name of names) times[name].push(await sides[name]());
  return times;
}

/** The spread, over the rounds, of their time divided by ours. Both times of a round were measured one right after the other. */
export function ratioOf(theirs: readonly number[], ours: readonly number[]): Spread {
  return spreadOf(ours.map((time, round) => itemAt(theirs, round) / time));
}
