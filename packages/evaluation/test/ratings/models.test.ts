import { readFileSync } from "node:fs";
import { seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { bradleyTerry } from "../../src/ratings/bradleyTerry.ts";
import { adjustedRatings } from "../../src/ratings/covariates.ts";
import { davidson } from "../../src/ratings/davidson.ts";
import { type Game, type GameCount, gamesOf } from "../../src/ratings/games.ts";

interface Rated {
  prior: number;
  rows: (Game & { covariates: number[] })[];
  players: string[];
  ratings: number[];
  errors: number[];
}

/** The golden values that fixtures/evaluation/models.py computed with scipy and statsmodels. */
const golden = JSON.parse(readFileSync(new URL("../../../../fixtures/evaluation/models.json", import.meta.url), "utf8")) as {
  fifty: { wins: number[][]; ratings: number[] };
  davidson: (Rated & { nu: number; logNuError: number })[];
  covariates: Rated & { coefficients: number[]; coefficientErrors: number[] };
};

const Z = 1.959963984540054;

function expectRatings(
  ours: readonly { player: string; rating: number; low: number | null; high: number | null }[],
  theirs: Rated,
) {
  expect(ours).toHaveLength(theirs.players.length);
  for (const { player, rating, low, high } of ours) {
    const i = theirs.players.indexOf(player);
    expect(Math.abs(rating - theirs.ratings[i]!)).toBeLessThan(1e-8 * rating);
    expect(Math.abs((high! - low!) / 2 - Z * theirs.errors[i]!)).toBeLessThan(1e-8 * rating);
  }
}

test("a million answers about fifty models: ratings those of scipy to 1e-8", () => {
  const name = (i: number) => `model ${String(i).padStart(2, "0")}`;
  const rows = golden.fifty.wins.flatMap((won, i) =>
    won.map((games, j): GameCount => ({ a: name(i), b: name(j), outcome: 1, games })),
  );
  const { ratings } = bradleyTerry(rows);
  expect(ratings).toHaveLength(50);
  expect(ratings.reduce((sum, { games }) => sum + games, 0) / 2).toBeGreaterThan(900_000);
  for (const { player, rating } of ratings)
    expect(Math.abs(rating - golden.fifty.ratings[Number(player.slice(-2))]!)).toBeLessThan(1e-8 * rating);
});

test.each(golden.davidson)(
  "Davidson's ties, prior $prior: strengths, errors and the tie parameter are those of scipy",
  (theirs) => {
    const { ratings, ties, reason } = davidson(theirs.rows, { prior: theirs.prior });
    expect(reason).toBeNull();
    expectRatings(ratings, theirs);
    const among = (nu: number) => nu / (2 + nu);
    expect(ties.value).toBeCloseTo(among(theirs.nu), 9);
    expect(ties.low).toBeCloseTo(among(theirs.nu * Math.exp(-Z * theirs.logNuError)), 8);
    expect(ties.high).toBeCloseTo(among(theirs.nu * Math.exp(Z * theirs.logNuError)), 8);
  },
);

test("covariates: adjusted ratings and coefficients with their errors are those of statsmodels", () => {
  const theirs = golden.covariates;
  const names = ["guidance", "slot", "kept"];
  const covariates = names.map((name, k) => ({ name, difference: Float64Array.from(theirs.rows, (row) => row.covariates[k]!) }));
  const { ratings, coefficients } = adjustedRatings(gamesOf(theirs.rows), covariates, { prior: theirs.prior });
  expectRatings(ratings, theirs);
  for (const [k, { name, value, low, high, points }] of coefficients.entries()) {
    expect(name).toBe(names[k]);
    expect(value).toBeCloseTo(theirs.coefficients[k]!, 9);
    expect(points).toBeCloseTo((theirs.coefficients[k]! * 400) / Math.LN10, 7);
    expect((high! - low!) / 2).toBeCloseTo(Z * theirs.coefficientErrors[k]!, 8);
  }
});

test("covariates that say nothing, and no covariates, leave the ratings as they were", () => {
  const games = gamesOf(golden.covariates.rows);
  const plain = bradleyTerry(games);
  const none = adjustedRatings(games, [{ name: "slot", difference: new Float64Array(games.a.length) }]);
  expect(none.coefficients).toEqual([
    { name: "slot", value: null, points: null, low: null, high: null, reason: "it is the same for both images in all answers" },
  ]);
  for (const [i, { player, rating }] of plain.ratings.entries()) {
    expect(none.ratings[i]!.player).toBe(player);
    expect(none.ratings[i]!.rating).toBeCloseTo(rating, 8);
  }
  const wrong = [{ name: "slot", difference: Float64Array.of(1) }];
  expect(() => adjustedRatings(games, wrong)).toThrow('"slot" needs a number for each of 900 rows; got 1');
});

describe("with people and prompts, intervals are crossed as those of Bradley and Terry", () => {
  const random = seededRandom(6);
  const rows = Array.from({ length: 500 }, (_, i): GameCount => {
    const [a, b] = [i % 4, (i + 1 + Math.floor(3 * random())) % 4];
    const u = random();
    return {
      a: `m${a}`,
      b: `m${b}`,
      outcome: u < 0.12 ? 0.5 : u < 0.5 + 0.1 * (b - a) ? 1 : 0,
      person: i % 13,
      prompt: (i * 7) % 31,
    };
  });

  test("few ties: Davidson's intervals differ little", () => {
    const [theirs, ours] = [bradleyTerry(rows).ratings, davidson(rows).ratings];
    for (const [i, { player, low, high }] of ours.entries()) {
      expect(player).toBe(theirs[i]!.player);
      expect((high! - low!) / (theirs[i]!.high! - theirs[i]!.low!)).toBeCloseTo(1, 0);
    }
  });

  test("a covariate that is not related to anything has an interval around 0, and moves no interval far", () => {
    const games = gamesOf(rows);
    const noise = { name: "noise", difference: Float64Array.from(games.a, () => random() - 0.5) };
    const { ratings, coefficients } = adjustedRatings(games, [noise]);
    expect(coefficients[0]!.low).toBeLessThan(0);
    expect(coefficients[0]!.high).toBeGreaterThan(0);
    for (const [i, { low }] of bradleyTerry(games).ratings.entries()) expect(Math.abs(ratings[i]!.low! - low!)).toBeLessThan(5);
  });
});

describe("what cannot be computed is null, with one sentence", () => {
  const games = (outcome: Game["outcome"], n = 40): GameCount[] => [{ a: "x", b: "y", outcome, games: n }];
  test.each([
    ["no answers", [], "There is nothing to compare: no answer is about two different models."],
    [
      "one model",
      [{ a: "x", b: "x", outcome: 1 as const }],
      "There is nothing to compare: no answer is about two different models.",
    ],
    ["only ties", games(0.5), "All answers are ties: they put no order on the models."],
  ])("Davidson: %s", (_name, rows, reason) => {
    expect(davidson(rows)).toEqual({ ratings: [], ties: { value: null, low: null, high: null, reason }, reason });
  });

  test("Davidson without a tie: the ratings of Bradley and Terry, and no probability of ties", () => {
    const rows: GameCount[] = [...games(1, 30), ...games(0, 10)];
    const { ratings, ties } = davidson(rows);
    expect(ties).toEqual({ value: null, low: null, high: null, reason: "No answer is a tie." });
    for (const [i, { rating }] of bradleyTerry(rows).ratings.entries()) expect(ratings[i]!.rating).toBeCloseTo(rating, 8);
  });

  test("a covariate that decides every answer, and two that always change together", () => {
    const rows = gamesOf([...Array(20)].map((_, i): Game => ({ a: "x", b: "y", outcome: i % 2 ? 1 : 0 })));
    const side = { name: "side", difference: Float64Array.from({ length: 20 }, (_, i) => (i % 2 ? 1 : -1)) };
    const mixed = { name: "mixed", difference: Float64Array.from({ length: 20 }, (_, i) => (i % 3) - 1) };
    const sentence = /^The models and .* cannot be told apart: they always change together, or decide every answer\.$/;
    expect(adjustedRatings(rows, [side])).toMatchObject({ ratings: [], reason: expect.stringMatching(sentence) });
    expect(adjustedRatings(rows, [mixed, { ...mixed, name: "again" }]).reason).toMatch(sentence);
    expect(adjustedRatings(rows, [mixed]).reason).toBeNull();
  });

  test("a prior of 0", () => {
    expect(() => davidson([], { prior: 0 })).toThrow("the prior must be above 0; got 0");
    expect(() => adjustedRatings(gamesOf([]), [], { prior: Number.NaN })).toThrow("the prior must be above 0; got NaN");
  });
});
