import { seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eloAgreement, eloOnce, eloRatings } from "../src/elo.ts";
import type { Game, GameCount } from "../src/ratings/games.ts";

const game = fc.record({
  a: fc.constantFrom("p", "q", "r"),
  b: fc.constantFrom("p", "q", "r"),
  outcome: fc.constantFrom(0 as const, 0.5 as const, 1 as const),
});

describe("Elo in one order", () => {
  test("is what it comes to by hand: 1016 after a win of equals, then a little back for a tie with the weaker", () => {
    const ratings = eloOnce([
      { a: "x", b: "y", outcome: 1 },
      { a: "x", b: "y", outcome: 0.5 },
    ]);
    const expected = 1016 + 32 * (0.5 - 1 / (1 + 10 ** (-32 / 400)));
    expect(ratings.get("x")).toBeCloseTo(expected, 10);
    expect(ratings.get("y")).toBeCloseTo(2000 - expected, 10);
  });

  test("gives and takes the same number of points", () => {
    fc.assert(
      fc.property(fc.array(game), (games) => {
        const ratings = [...eloOnce(games).values()];
        expect(ratings.reduce((sum, rating) => sum + rating, 0)).toBeCloseTo(1000 * ratings.length, 6);
      }),
    );
  });
});

/** x beats y 3 times in 4, y beats z 3 times in 4, x beats z 9 times in 10. */
function games(n: number): Game[] {
  return Array.from({ length: n }, (_, i): Game[] => [
    { a: "x", b: "y", outcome: i % 4 ? 1 : 0 },
    { a: "z", b: "y", outcome: i % 4 ? 0 : 1 },
    { a: "x", b: "z", outcome: i % 10 ? 1 : 0 },
  ]).flat();
}

describe("the agreement of two judges of the same pairs", () => {
  const judged = games(40);
  const against = judged.map((one): Game => ({ ...one, outcome: (1 - one.outcome) as 0 | 1 }));

  test("is 1 for a judge with itself and -1 with its opposite", () => {
    expect(eloAgreement(judged, judged, { random: seededRandom(2) })).toEqual({ mean: 1, deviation: 0 });
    expect(eloAgreement(judged, against, { random: seededRandom(2) }).mean).toBeCloseTo(-1, 12);
  });

  test("says how far three orders lie apart, worked by hand: who wins the last game stands higher", () => {
    const changing: Game[] = [
      { a: "y", b: "x", outcome: 1 },
      { a: "y", b: "x", outcome: 0 },
    ];
    const steady = changing.map((game): Game => ({ ...game, outcome: 1 }));
    const agreement = (seed: number, shuffles: number) =>
      eloAgreement(changing, steady, { random: seededRandom(seed), shuffles });
    const apart = Array.from({ length: 20 }, (_, seed) => agreement(seed, 3)).filter(({ deviation }) => deviation > 0);
    expect(apart.length).toBeGreaterThan(3);
    // Two orders of one kind and one of the other: 1, 1, -1 or -1, -1, 1.
    for (const { mean, deviation } of apart) {
      expect(Math.abs(mean)).toBeCloseTo(1 / 3, 12);
      expect(deviation).toBeCloseTo(2 / Math.sqrt(3), 12);
    }
    expect(agreement(1, 1)).toMatchObject({ deviation: 0 });
  });

  test("needs the same number of pairs, and constants with which ratings mean something", () => {
    expect(() => eloAgreement(judged, judged.slice(1), { random: seededRandom(2) })).toThrow("got 120 and 119");
    expect(() => eloAgreement(judged, judged, { random: seededRandom(2), k: 0 })).toThrow("k must be above 0; got 0");
  });

  test("puts a player who has only ties that are left out at the initial rating, worked by hand", () => {
    const one: Game[] = [
      { a: "x", b: "y", outcome: 1 },
      { a: "z", b: "x", outcome: 1 },
    ];
    const other = one.map((game): Game => (game.a === "z" ? { ...game, outcome: 0.5 } : game));
    // z, x, y against x, z, y in whichever order the two games are played: 1 - 6 (1 + 1) / (3 (9 - 1)).
    const { mean, deviation } = eloAgreement(one, other, { random: seededRandom(2), tieScore: null, initial: 1500 });
    expect(mean).toBeCloseTo(0.5, 12);
    expect(deviation).toBeCloseTo(0, 12);
    expect(eloAgreement(one, other, { random: seededRandom(2), tieScore: null }).mean).toBeCloseTo(0.5, 12);
  });
});

describe("the constants of Elo", () => {
  const won: Game[] = [{ a: "x", b: "y", outcome: 1 }];
  const tied: Game[] = [...won, { a: "x", b: "y", outcome: 0.5 }];

  test("each changes what it says, worked by hand", () => {
    expect(eloOnce(won, { k: 10, initial: 1500 }).get("x")).toBe(1505);
    const lead = (constants: object, p: number) =>
      expect(eloOnce(tied, constants).get("x")).toBeCloseTo(1016 + 32 * (0.5 - p), 9);
    lead({ base: 2 }, 1 / (1 + 2 ** (-32 / 400)));
    lead({ scale: 100 }, 1 / (1 + 10 ** (-32 / 100)));
    expect(eloOnce(tied, { tieScore: null })).toEqual(eloOnce(won));
    const third = eloOnce([{ a: "x", b: "y", outcome: 0.5 }], { tieScore: 0.25 });
    expect([third.get("x"), third.get("y")]).toEqual([992, 992]);
  });

  test("ratings over shuffled orders are means; a single order has no deviation", () => {
    const ratings = eloRatings(games(20), { random: seededRandom(3), shuffles: 30 });
    expect(ratings.map(({ player }) => player)).toEqual(["x", "y", "z"]);
    expect(ratings.reduce((sum, { mean }) => sum + mean, 0)).toBeCloseTo(3000, 6);
    for (const { deviation } of ratings) expect(deviation).toBeGreaterThan(1);
    for (const { deviation } of eloRatings(games(20), { random: seededRandom(3), shuffles: 1 })) expect(deviation).toBe(0);
  });

  test.each([
    [{ k: 0 }, "k must be above 0; got 0"],
    [{ k: Number.POSITIVE_INFINITY }, "k must be above 0; got Infinity"],
    [{ initial: Number.NaN }, "the initial rating must be a number; got NaN"],
    [{ base: 1 }, "the base must be above 1; got 1"],
    [{ base: Number.POSITIVE_INFINITY }, "the base must be above 1; got Infinity"],
    [{ scale: -1 }, "the scale must be above 0; got -1"],
    [{ scale: 0 }, "the scale must be above 0; got 0"],
    [{ scale: Number.POSITIVE_INFINITY }, "the scale must be above 0; got Infinity"],
    [{ tieScore: 2 }, "the tie score must be 0...1; got 2"],
    [{ tieScore: -0.5 }, "the tie score must be 0...1; got -0.5"],
  ])("%o is refused", (constants, message) => {
    expect(() => eloRatings(won, { random: seededRandom(1), ...constants })).toThrow(new RangeError(`Elo: ${message}`));
  });

  test.each([
    ["nothing", 0, [984, 984]],
    ["a whole point for each", 1, [1016, 1016]],
    ["no game", null, []],
  ])("a tie may be %s", (_what, tieScore, expected) => {
    const tie: Game[] = [{ a: "x", b: "y", outcome: 0.5 }];
    expect(eloRatings(tie, { random: seededRandom(1), tieScore }).map(({ mean }) => mean)).toEqual(expected);
  });

  test("players of equal rating are in the order of their names", () => {
    const ties = ["c", "a", "b"].map((a): Game => ({ a, b: a === "b" ? "c" : "b", outcome: 0.5 }));
    expect(eloRatings(ties, { random: seededRandom(1) }).map(({ player, mean }) => [player, mean])).toEqual([
      ["a", 1000],
      ["b", 1000],
      ["c", 1000],
    ]);
  });
});

describe("the intervals of Elo ratings", () => {
  const rows = Array.from({ length: 120 }, (_, i): GameCount => {
    const [a = "", b = ""] = [["x", "y"], ["y", "z"], ["x", "z"]][i % 3] ?? []; // biome-ignore format: pairs
    return { a, b, outcome: i % 5 === 0 ? 0.5 : i % 4 === 0 ? 0 : 1, person: i % 12, prompt: (i * 7) % 15 };
  });
  const decided = rows.filter(({ outcome }) => outcome !== 0.5);
  /** Ratings of one order, the given one. */
  const rated = (games: readonly GameCount[], tieScore?: number | null) =>
    eloRatings(games, { random: () => 1 - 2 ** -32, shuffles: 1, ...(tieScore !== undefined && { tieScore }) });

  test("are those of the decided games where ties are left out, and others where each gets half a point", () => {
    expect(rated(rows, null)).toEqual(rated(decided));
    for (const { low, high, reason } of rated(rows, null)) expect([low! < high!, reason]).toEqual([true, null]);
    expect(rated(rows).map(({ low }) => low)).not.toEqual(rated(decided).map(({ low }) => low));
  });

  test("do not depend on the score of ties that there are not; where there are any, other scores than a half have none", () => {
    expect(rated(decided, 0.3)).toEqual(rated(decided));
    for (const { low, high, reason } of rated(rows, 0.3))
      expect([low, high, reason]).toEqual([null, null, expect.stringContaining("a tie")]);
  });
  test("are narrower with further ties of other people, and the same where base and scale say the same", () => {
    const widths = (games: readonly GameCount[], constants: object = {}) =>
      eloRatings(games, { random: () => 1 - 2 ** -32, shuffles: 1, ...constants }).map(({ low, high }) => high! - low!);
    const pairs = [["x", "y"], ["y", "z"], ["x", "z"]] as const; // biome-ignore format: pairs
    const ties = pairs.flatMap(([a, b]) =>
      Array.from({ length: 150 }, (_, i): GameCount => ({ a, b, outcome: 0.5, person: 100 + i, prompt: 100 + i })),
    );
    const [without, withTies] = [widths(rows), widths([...rows, ...ties])];
    expect(withTies.filter((width, i) => width < 0.8 * without[i]!)).toHaveLength(3);
    expect(widths(rows, { base: 100, scale: 800 }).map((width) => width.toFixed(6))).toEqual(
      without.map((width) => width.toFixed(6)),
    );
  });
});
