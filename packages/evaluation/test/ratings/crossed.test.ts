import { readFileSync } from "node:fs";
import { seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { eloRatings } from "../../src/elo.ts";
import { type Example, logLossOf } from "../../src/index.ts";
import { adjustedRatings } from "../../src/ratings/covariates.ts";
import { eloEnds } from "../../src/ratings/eloSpread.ts";
import { type GameCount, gamesOf } from "../../src/ratings/games.ts";
import { winRates } from "../../src/ratings/winRates.ts";

/** Golden values of numpy, scipy and scikit-learn (fixtures/evaluation/crossed.py). */
const golden = JSON.parse(readFileSync(new URL("../../../../fixtures/evaluation/crossed.json", import.meta.url), "utf8")) as {
  rows: GameCount[];
  winRates: { a: string; b: string; value: number; games: number; low: number; high: number }[];
  elo: {
    means: number[];
    deviations: number[];
    k: number;
    base: number;
    scale: number;
    shuffles: number;
    ends: [number, number][];
  }[];
  logLoss: { probabilities: number[]; labels: number[]; loss: number };
  covariate: { rows: GameCount[]; difference: number[]; value: number; low: number; high: number };
};

describe("win rates", () => {
  const { players, rates } = winRates(golden.rows);
  const rate = (a: string, b: string) => rates[players.indexOf(a)]![players.indexOf(b)]!;

  test.each(golden.winRates)("of $a against $b and its crossed interval are numpy's", ({ a, b, ...theirs }) => {
    const ours = rate(a, b);
    expect(ours.games).toBe(theirs.games);
    for (const part of ["value", "low", "high"] as const) expect(Math.abs(ours[part]! - theirs[part])).toBeLessThan(1e-8);
    const turned = rate(b, a);
    expect([turned.value, turned.low, turned.high].map((each) => 1 - each!)).toEqual(
      [ours.value, ours.high, ours.low].map((each) => expect.closeTo(each!, 10)),
    );
  });

  const game = (outcome: 0 | 0.5 | 1, i: number): GameCount => ({ a: "x", b: "y", outcome, person: i % 11, prompt: i % 13 });
  const many = (outcome: 0 | 0.5 | 1, count: number) => Array.from({ length: count }, (_, i) => game(outcome, i));
  test.each([
    ["29 answers", many(1, 29), { value: null, low: null, reason: "too few games (29), at least 30 are needed" }],
    ["nothing but ties", many(0.5, 60), { value: 0.5, low: null, reason: "no interval: all answers are ties" }],
    [
      "one person",
      many(1, 60).map((row, i) => ({ ...row, outcome: i % 3 ? (1 as const) : (0 as const), person: 1 })),
      { low: expect.any(Number) },
    ],
    [
      "all wins of 11 people",
      many(1, 60),
      { value: 1, low: null, reason: expect.stringContaining("too few people or prompts (11)") },
    ],
  ])("of %s", (_name, rows, expected) => {
    expect(winRates(rows).rates[0]![1]).toMatchObject(expected);
  });

  test("of models that never met are null with a reason, and the order is the one that is asked for", () => {
    const apart = winRates([...many(1, 40), ...many(0, 40).map((row) => ({ ...row, a: "z" }))], ["z", "y", "x"]);
    expect(apart.players).toEqual(["z", "y", "x"]);
    expect(apart.rates[0]![2]).toEqual({
      games: 0,
      value: null,
      low: null,
      high: null,
      reason: "too few games (0), at least 30 are needed",
    });
    expect(apart.rates[1]![1]).toBeNull();
  });
});

test("the effect of a covariate has numpy's interval, of the variance whose parts are not cut at 0", () => {
  const { rows, difference, ...theirs } = golden.covariate;
  const found = adjustedRatings(gamesOf(rows), [{ name: "x", difference: Float64Array.from(difference) }]).coefficients[0]!;
  for (const part of ["value", "low", "high"] as const) expect(Math.abs(found[part]! - theirs[part])).toBeLessThan(1e-8);
});

describe("Elo", () => {
  test.each(golden.elo)("with k $k: intervals are scipy's", ({ means, deviations, ends, ...scale }) => {
    const ratings = means.map((mean, i) => ({ player: `m${i}`, mean, deviation: deviations[i]! }));
    const found = eloEnds(ratings, golden.rows, { ...scale, logOdds: Math.log(scale.base) / scale.scale, confidence: 0.95 });
    for (const [i, [low, high]] of ends.entries()) {
      const ours = found.get(`m${i}`)!;
      expect(Math.abs(ours.low! - low)).toBeLessThan(1e-8 * low);
      expect(Math.abs(ours.high! - high)).toBeLessThan(1e-8 * high);
    }
  });

  test("a person's answers move the mean over orders as the interval's factor says", () => {
    // Many games and a small k, so that orders matter little; without one person the same orders are played.
    const rows = Array.from({ length: 6 }, () => golden.rows).flat();
    const settings = { shuffles: 60, k: 6 };
    const without = (who: number) => rows.filter(({ person }) => person !== who);
    const mean = (games: GameCount[]) =>
      new Map(eloRatings(games, { ...settings, random: seededRandom(4) }).map((each) => [each.player, each.mean]));
    const all = mean(rows);
    const moves = Array.from({ length: 12 }, (_, who) => mean(without(who)).get("m0")! - all.get("m0")!);
    const spread = Math.sqrt((11 / 12) * moves.reduce((sum, move) => sum + move * move, 0));
    const [{ low, high } = { low: 0, high: 0 }] = eloRatings(
      rows.map(({ prompt: _prompt, ...row }) => row),
      { ...settings, random: seededRandom(4) },
    ).filter(({ player }) => player === "m0");
    // Student's quantile for 11 degrees of freedom at most is 2.2, for 8 it is 2.31.
    const half = (high! - low!) / 2;
    expect(half / spread).toBeGreaterThan(2.0);
    expect(half / spread).toBeLessThan(2.6);
  });

  test.each([
    [
      "no people or prompts",
      golden.rows.map(({ a, b, outcome }) => ({ a, b, outcome })),
      {},
      "the answers name neither people nor prompts",
    ],
    [
      "few people and prompts",
      golden.rows.map((row) => ({ ...row, person: 1, prompt: 2 })),
      {},
      "no interval: too few people and prompts",
    ],
    [
      "a tie that gives no half point",
      golden.rows,
      { tieScore: 0.3 },
      "no interval: a tie does not give half a point to each, so that ratings drift",
    ],
  ])("with %s there is no interval, and it is said why", (_name, rows, constants, reason) => {
    for (const rating of eloRatings(rows, { random: seededRandom(1), shuffles: 3, ...constants }))
      expect(rating).toMatchObject({ low: null, high: null, reason });
  });
});

describe("the log-loss", () => {
  const labelOf = (share: number): Example["label"] => (share === 0.5 ? "tie" : share === 1 ? 0 : 1);
  const examples = golden.logLoss.probabilities.map(
    (probability0, i): Example => ({ probability0, label: labelOf(golden.logLoss.labels[i]!) }),
  );

  test("is scikit-learn's, ties as two halves, within its interval", () => {
    const { value, interval } = logLossOf(examples, seededRandom(1));
    expect(Math.abs(value! - golden.logLoss.loss)).toBeLessThan(1e-12);
    expect(interval![0]).toBeLessThan(value!);
    expect(interval![1]).toBeGreaterThan(value!);
  });

  test("is not given where the probability of an answer is 0", () => {
    expect(logLossOf([...examples, { probability0: 0, label: 0 }], seededRandom(1))).toMatchObject({
      value: null,
      interval: null,
      reason: "the probability of an answer is 0, so that the log-loss is infinite",
    });
  });
});
