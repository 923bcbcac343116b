import { seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eloAgreement, eloOnce } from "../src/elo.ts";
import type { Game } from "../src/ratings/games.ts";

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

  test("needs the same number of pairs", () => {
    expect(() => eloAgreement(judged, judged.slice(1), { random: seededRandom(2) })).toThrow("got 120 and 119");
  });
});
