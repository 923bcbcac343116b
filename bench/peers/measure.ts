/** @file Two sides timed in turns, so that what else the machine does falls on both alike. */

/** Seconds of one piece of work. */
export type Timed = () => Promise<number>;

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Median, least and most of at least one number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return { median: (low + high) / 2, least: sorted[0]!, most: sorted.at(-1)! };
}

/** Seconds that work takes in this process. */
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

/** How much faster `ours` is than `theirs`: the median over the rounds, each of them a ratio of two neighbours in time. */
export function ratioOf(theirs: readonly number[], ours: readonly number[]): Spread {
  return spreadOf(ours.map((time, round) => theirs[round]! / time));
}
