import { type Random, seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BradleyTerrySettings, bradleyTerry, winProbability } from "../src/bradleyTerry.ts";
import type { Comparison } from "../src/comparison.ts";
import { golden } from "./golden.ts";

const ratingsOf = (games: readonly Comparison[], settings: BradleyTerrySettings = {}) =>
  Object.fromEntries(bradleyTerry(games, settings).map(({ player, rating }) => [player, rating]));

test.each(golden.bradleyTerry)("$name: the ratings are those of scipy's optimiser", ({ games, prior, ratings }) => {
  const ours = ratingsOf(games, { prior });
  expect(Object.keys(ours).sort()).toEqual(Object.keys(ratings).sort());
  for (const [player, rating] of Object.entries(ratings)) expect(ours[player]).toBeCloseTo(rating, 2);
});

test("without a prior, two players stand apart by the odds of their games: 3 to 1 is 400 log10(3)", () => {
  const games = ([1, 1, 0, 1] as const).map((outcome) => ({ a: "x", b: "y", outcome }));
  const { x, y } = ratingsOf(games, { prior: 1e-9 });
  expect((x ?? 0) - (y ?? 0)).toBeCloseTo(400 * Math.log10(3), 4);
  expect(winProbability(x ?? 0, y ?? 0)).toBeCloseTo(0.75, 6);
});

const game = fc.record({
  a: fc.constantFrom("p", "q", "r", "s"),
  b: fc.constantFrom("p", "q", "r", "s"),
  outcome: fc.constantFrom(0 as const, 0.5 as const, 1 as const),
});

test("whatever the games, ratings are finite, centred on 1000, ordered, inside their intervals, and blind to who is called a", () => {
  fc.assert(
    fc.property(fc.array(game, { maxLength: 40, size: "max" }), (games) => {
      const table = bradleyTerry(games);
      const swapped = games.map(({ a, b, outcome }): Comparison => ({ a: b, b: a, outcome: (1 - outcome) as 0 | 0.5 | 1 }));
      const again = ratingsOf(swapped);
      for (const [i, { player, rating, low, high }] of table.entries()) {
        expect(Number.isFinite(rating)).toBe(true);
        expect(low).toBeLessThanOrEqual(rating);
        expect(high).toBeGreaterThanOrEqual(rating);
        expect(again[player]).toBeCloseTo(rating, 6);
        if (i > 0) expect(rating).toBeLessThanOrEqual(table[i - 1]!.rating);
      }
      if (table.length > 0) expect(table.reduce((sum, { rating }) => sum + rating, 0) / table.length).toBeCloseTo(1000, 6);
    }),
  );
});

test("games and win rates are counted with ties as half; games against oneself say nothing", () => {
  const games: Comparison[] = [
    { a: "x", b: "y", outcome: 1 },
    { a: "y", b: "x", outcome: 0.5 },
    { a: "x", b: "x", outcome: 1 },
  ];
  const [first, second] = bradleyTerry(games);
  expect(first).toMatchObject({ player: "x", games: 2, winRate: 0.75 });
  expect(second).toMatchObject({ player: "y", games: 2, winRate: 0.25 });
  expect(bradleyTerry([])).toEqual([]);
});

test("more wins in a row move a rating up without end but ever more slowly", () => {
  const after = (n: number) => ratingsOf(Array.from({ length: n }, () => ({ a: "x", b: "y", outcome: 1 as const }))).x ?? 0;
  const steps = [1, 10, 100, 1000].map(after);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(steps[3]).toBeLessThan(3000);
});

const STRENGTHS: Readonly<Record<string, number>> = { a: -0.9, b: -0.4, c: -0.1, d: 0.2, e: 0.4, f: 0.8 };
const PLAYERS = Object.keys(STRENGTHS);

/** Games of the model: unequal numbers of games per player, ties most likely between equals, half wins as expected. */
function play(random: Random, count: number, tieTendency: number): Comparison[] {
  const ends = [0.35, 0.6, 0.76, 0.88, 0.96, 1]; // of the players' shares of the games
  const pick = () => {
    const u = random();
    return PLAYERS[ends.findIndex((end) => u < end)] as string;
  };
  return Array.from({ length: count }, () => {
    const a = pick();
    let b = pick();
    while (b === a) b = pick();
    const p = 1 / (1 + Math.exp((STRENGTHS[b] as number) - (STRENGTHS[a] as number)));
    const tie = tieTendency * 4 * p * (1 - p);
    const u = random();
    return { a, b, outcome: u < tie ? 0.5 : u < tie + p - tie / 2 ? 1 : 0 };
  });
}

/** Share of intervals, over players and trials, that hold the true rating. */
function coverage(trials: number, random: Random, count: number, tieTendency: number, settings: BradleyTerrySettings): number {
  let held = 0;
  let all = 0;
  for (let i = 0; i < trials; i++) {
    for (const { player, low, high } of bradleyTerry(play(random, count, tieTendency), settings)) {
      const truth = 1000 + (400 / Math.LN10) * (STRENGTHS[player] as number);
      held += low <= truth && truth <= high ? 1 : 0;
      all++;
    }
  }
  return held / all;
}

describe.each([
  { count: 150, ties: 0 },
  { count: 150, ties: 0.35 },
  { count: 1200, ties: 0.15 },
])("with $count games shared unequally and a tendency to ties of $ties", ({ count, ties }) => {
  test("the intervals from the curvature hold the true ratings about 95 times in 100", () => {
    const held = coverage(300, seededRandom(count), count, ties, {});
    expect(held).toBeGreaterThan(0.93);
    expect(held).toBeLessThan(0.97);
  });

  test("so do those of the bootstrap, if a little less often", () => {
    const random = seededRandom(count + 1);
    const held = coverage(count > 1000 ? 25 : 80, random, count, ties, { random, resamples: 80 });
    expect(held).toBeGreaterThan(0.87);
    expect(held).toBeLessThan(0.98);
  });
});

test("a bootstrap over clusters doubts more when each person's games are copies of one another", () => {
  const random = seededRandom(4);
  const single = play(random, 60, 0.15);
  const copied = single.flatMap((one, i) => Array.from({ length: 10 }, () => ({ ...one, cluster: `person ${i}` })));
  const width = (games: readonly Comparison[]) => {
    const [first] = bradleyTerry(games, { random: seededRandom(5), resamples: 200 });
    return first!.high - first!.low;
  };
  expect(width(copied)).toBeGreaterThan(2 * width(copied.map(({ cluster: _, ...one }) => one)));
});
