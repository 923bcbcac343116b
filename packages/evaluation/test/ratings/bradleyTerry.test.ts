import { type Random, seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wilsonInterval } from "../../src/interval.ts";
import { type BradleyTerrySettings, bradleyTerry } from "../../src/ratings/bradleyTerry.ts";
import type { GameCount } from "../../src/ratings/games.ts";
import { winRates } from "../../src/ratings/winRates.ts";
import { golden, goldenRatings } from "../golden.ts";

const rated = (games: readonly GameCount[], settings: BradleyTerrySettings = {}) => bradleyTerry(games, settings).ratings;
const ratingsOf = (games: readonly GameCount[], settings: BradleyTerrySettings = {}) =>
  Object.fromEntries(rated(games, settings).map(({ player, rating }) => [player, rating]));

test.each(golden.bradleyTerry)("$name: the ratings are those of scipy's optimiser", ({ games, prior, ratings }) => {
  const ours = ratingsOf(games, { prior });
  expect(Object.keys(ours).sort()).toEqual(Object.keys(ratings).sort());
  for (const [player, rating] of Object.entries(ratings)) expect(ours[player]).toBeCloseTo(rating, 2);
});

describe.each(goldenRatings.cases)("$name", ({ rows, prior, ratings }) => {
  const ours = rated(rows, { prior });

  test("ratings are those of statsmodels to 1e-8, intervals those of a jackknife with whole matrices", () => {
    expect(ours.map(({ player }) => player).sort()).toEqual(Object.keys(ratings).sort());
    for (const { player, rating, low, high } of ours) {
      const expected = ratings[player]!;
      expect(Math.abs(rating - expected.rating)).toBeLessThan(1e-8 * expected.rating);
      expect([low === null, high === null]).toEqual([expected.low === null, expected.high === null]);
      expect(Math.abs((low ?? 0) - (expected.low ?? 0))).toBeLessThan(1e-8 * expected.rating);
      expect(Math.abs((high ?? 0) - (expected.high ?? 0))).toBeLessThan(1e-8 * expected.rating);
    }
  });

  test("ranks are what statsmodels' Holm correction leaves open", () => {
    for (const { player, rankRange } of ours) expect([rankRange.low, rankRange.high]).toEqual(ratings[player]!.rankRange);
  });
});

test("counted games are the same as so many single ones", () => {
  const { rows } = goldenRatings.cases.find(({ name }) => name.startsWith("counted"))!;
  const single = rows.flatMap(({ games, ...row }) => Array.from({ length: games ?? 1 }, () => row));
  expect(single.length).toBeGreaterThan(rows.length);
  for (const [i, { low, ...one }] of rated(single).entries()) {
    const counted = rated(rows)[i]!;
    expect(one.rating).toBeCloseTo(counted.rating, 8);
    expect(low).toBeCloseTo(counted.low!, 6);
    expect(one.games).toBe(counted.games);
  }
});

describe("weighted games", () => {
  const rows = (more: Partial<GameCount>): GameCount[] =>
    Array.from({ length: 240 }, (_, i) => ({
      ...{ a: `m${i % 3}`, b: `m${(i + 1) % 3}`, outcome: i % 7 === 0 ? 0.5 : i % 5 < 2 ? 0 : 1, person: i % 11, prompt: i % 13 },
      ...(i % 2 === 0 ? more : {}),
    }));

  test("count in ratings and win rates as so many games, but are one answer each", () => {
    const [weighted, counted] = [rows({ weight: 3 }), rows({ games: 3 })];
    const [one, many] = [bradleyTerry(weighted), bradleyTerry(counted)];
    expect(one.ratings.map(({ player, rating, winRate }) => ({ player, rating, winRate }))).toEqual(
      many.ratings.map(({ player, rating, winRate }) => ({
        player,
        rating: expect.closeTo(rating, 8),
        winRate: expect.closeTo(winRate!, 12),
      })),
    );
    expect(one.ratings.map(({ games }) => games)).toEqual([160, 160, 160]);
    expect(winRates(weighted).rates[0]![1]).toMatchObject({
      games: 80,
      value: expect.closeTo(winRates(counted).rates[0]![1]!.value!, 12),
    });
    expect(one.method).toContain("answers are weighted");
  });

  test("have no narrower intervals for a weight that all have in common, with people and prompts and without", () => {
    const alone = ({ person: _who, prompt: _what, ...row }: GameCount): GameCount => row;
    for (const said of [(row: GameCount) => row, alone]) {
      const same = (weight: number) =>
        bradleyTerry(
          rows({}).map((row) => said({ ...row, weight })),
          { prior: 0 },
        ).ratings.map(({ low }) => expect.closeTo(low!, 6));
      expect(same(7).map(({ sample }) => sample)).toEqual(same(0.25));
    }
  });

  test("that all went one way have the interval of fewer answers", () => {
    const won = (weights: number[]) =>
      winRates(weights.map((weight, i): GameCount => ({ a: "x", b: "y", outcome: 1, weight, person: i }))).rates[0]![1]!.low!;
    const unequal = Array.from({ length: 60 }, (_, i) => (i < 30 ? 1.9 : 0.1));
    // Kish: 60^2 / (30 x 1.9^2 + 30 x 0.1^2) = 33.15 of equal weight.
    expect(won(unequal)).toBeCloseTo(wilsonInterval(33.149, 33.149, {})[0], 4);
    expect(won(Array.from({ length: 60 }, () => 1))).toBeCloseTo(wilsonInterval(60, 60, {})[0], 9);
  });
});

test("without a prior, two players stand apart by the odds of their games: 3 to 1 is 400 log10(3)", () => {
  const games = ([1, 1, 0, 1] as const).map((outcome) => ({ a: "x", b: "y", outcome }));
  const { x, y } = ratingsOf(games, { prior: 0 });
  expect(x! - y!).toBeCloseTo(400 * Math.log10(3), 8);
  expect(x! + y!).toBeCloseTo(2000, 8);
});

test("a prior of 0 gives what a prior near 0 gives, intervals included", () => {
  const { rows } = goldenRatings.cases[0]!;
  const none = rated(rows, { prior: 0 });
  const next = rated(rows, { prior: 1e-6 });
  for (const [i, { player, rating, low, high }] of none.entries()) {
    expect(player).toBe(next[i]!.player);
    expect(rating).toBeCloseTo(next[i]!.rating, 4);
    expect(low).toBeCloseTo(next[i]!.low!, 3);
    expect(high).toBeCloseTo(next[i]!.high!, 3);
  }
});

describe("what cannot be rated is said in a sentence", () => {
  const wins = (a: string, b: string, n: number): GameCount[] => [{ a, b, outcome: 1, games: n }];

  test("no games, and games of one model against itself", () => {
    const reason = "There is nothing to compare: no answer is about two different models.";
    expect(bradleyTerry([])).toMatchObject({ ratings: [], remarks: [], reason });
    expect(bradleyTerry([{ a: "x", b: "x", outcome: 1 }])).toMatchObject({ ratings: [], reason });
    expect(bradleyTerry([], { what: "templates" }).reason).toContain("two different templates");
  });

  test("without a prior: games that all went one way, and groups that never met", () => {
    const separated = [...wins("a", "b", 5), ...wins("c", "d", 1), ...wins("d", "c", 1), ...wins("b", "c", 2)];
    const { ratings, reason } = bradleyTerry(separated, { prior: 0 });
    expect(ratings).toEqual([]);
    expect(reason).toBe(
      "Without a prior (prior: 0) these ratings have no limit: between {a} and {b} and {c, d} all answers went one way, or there are none. " +
        "A prior above 0 keeps them finite.",
    );
    expect(rated(separated).every(({ rating }) => Number.isFinite(rating))).toBe(true);
    const apart = [...wins("a", "b", 1), ...wins("b", "a", 1), ...wins("c", "d", 1), ...wins("d", "c", 1)];
    expect(bradleyTerry(apart, { prior: 0 }).reason).toContain("between {a, b} and {c, d} all answers");
    expect(bradleyTerry(apart).remarks).toContain(
      "These never met, not even through others: {a, b} and {c, d}. Ratings of different groups cannot be compared.",
    );
  });

  test("a tie is a win for both: with one there is a limit", () => {
    const tied = [...wins("a", "b", 5), { a: "b", b: "a", outcome: 0.5 } as const];
    const { a, b } = ratingsOf(tied, { prior: 0 });
    expect(a! - b!).toBeCloseTo(400 * Math.log10(11), 8);
  });

  test("nothing but ties: no order, no interval, every rank open", () => {
    const { ratings, remarks } = bradleyTerry([
      { a: "x", b: "y", outcome: 0.5, games: 1200 },
      { a: "y", b: "z", outcome: 0.5, games: 30 },
    ]);
    expect(remarks).toEqual(["All 1,230 answers are ties: they put no order on the models."]);
    for (const { rating, low, high, rankRange, reason } of ratings) {
      expect(rating).toBeCloseTo(1000, 8);
      expect([low, high, rankRange]).toEqual([null, null, { low: 1, high: 3 }]);
      expect(reason).toBe("no interval: all answers are ties");
    }
  });

  test("a prior below 0 or endless, and a confidence that is none", () => {
    expect(() => bradleyTerry([], { prior: -1 })).toThrow("prior must be 0, or a number of at least 0.000001; got -1");
    expect(() => bradleyTerry([], { prior: 1e-9 })).toThrow("got 1e-9");
    expect(() => bradleyTerry([], { prior: Number.NaN })).toThrow("got NaN");
    expect(() => bradleyTerry([], { prior: Number.POSITIVE_INFINITY })).toThrow("got Infinity");
    expect(() => bradleyTerry([], { confidence: 95 })).toThrow("got 95");
  });
});

describe("few people or prompts", () => {
  /** 400 games of two models, by so many people to so many prompts. */
  const answers = (people: number, prompts: number): GameCount[] =>
    Array.from({ length: 400 }, (_, i) => ({
      ...{ a: "x", b: "y", outcome: i % 3 === 0 ? 0 : 1 },
      ...{ person: `p${i % people}`, prompt: `q${(7 * i) % prompts}` },
    }));

  test("are treated as given, and it is said of whom the intervals speak", () => {
    const one = bradleyTerry(answers(1, 20));
    expect(one.remarks).toEqual([
      "The answers are of one person: the intervals speak of this person only, not of people in general (for that, at least 8 are needed).",
    ]);
    expect(one.method).toContain("95 % intervals by a jackknife over 20 prompts with Student's t");
    expect(one.ratings).toEqual(bradleyTerry(answers(1, 20).map(({ person: _, ...row }) => row)).ratings);
    const three = bradleyTerry(answers(20, 3));
    expect(three.remarks).toEqual([
      "The answers are of only 3 prompts: the intervals speak of these prompts, not of prompts in general (for that, at least 8 are needed).",
    ]);
    expect(bradleyTerry(answers(2, 2)).method).toContain(
      "from the curvature of the likelihood, each answer taken as independent",
    );
    expect(bradleyTerry(answers(20, 23)).remarks).toEqual([]);
  });

  test("who saw one of the models: no interval for that one, any rank, and the others are not touched", () => {
    const rows = answers(20, 25);
    const few = Array.from(
      { length: 12 },
      (_, i): GameCount => ({ a: "z", b: "y", outcome: 1, person: `p${i % 2}`, prompt: `q${i}` }),
    );
    const { ratings } = bradleyTerry([...rows, ...few]);
    const z = ratings.find(({ player }) => player === "z")!;
    expect([z.low, z.high, z.rankRange, z.games]).toEqual([null, null, { low: 1, high: 3 }, 12]);
    expect(z.reason).toBe(
      "no interval: answers of only 2 people, at least 8 are needed; too few games (12), at least 30 are needed",
    );
    const x = ratings.find(({ player }) => player === "x")!;
    expect([x.low === null, x.reason]).toEqual([false, null]);
  });
});

const game = fc.record({
  a: fc.constantFrom("p", "q", "r", "s"),
  b: fc.constantFrom("p", "q", "r", "s"),
  outcome: fc.constantFrom(0 as const, 0.5 as const, 1 as const),
  person: fc.nat(11),
  prompt: fc.nat(14),
});

test("whatever the games, ratings are finite, centred on 1000, ordered, inside their intervals and ranks, and blind to who is called a", () => {
  fc.assert(
    fc.property(fc.array(game, { maxLength: 60, size: "max" }), fc.boolean(), (games, clustered) => {
      const rows = clustered ? games : games.map(({ a, b, outcome }) => ({ a, b, outcome }));
      const table = rated(rows);
      const again = rated(rows.map((row): GameCount => ({ ...row, a: row.b, b: row.a, outcome: turned(row.outcome) })));
      for (const [i, { player, rating, low, high, rankRange }] of table.entries()) {
        expect(Number.isFinite(rating)).toBe(true);
        expect(low ?? rating).toBeLessThanOrEqual(rating);
        expect(high ?? rating).toBeGreaterThanOrEqual(rating);
        expect(rankRange.low).toBeGreaterThanOrEqual(1);
        expect(rankRange.high).toBeLessThanOrEqual(table.length);
        expect(rankRange.low).toBeLessThanOrEqual(i + 1);
        expect(rankRange.high).toBeGreaterThanOrEqual(i + 1);
        const other = again.find((each) => each.player === player)!;
        expect(other.rating).toBeCloseTo(rating, 6);
        expect(other.low ?? 0).toBeCloseTo(low ?? 0, 6);
        if (i > 0) expect(rating).toBeLessThanOrEqual(table[i - 1]!.rating);
      }
      if (table.length > 0) expect(table.reduce((sum, { rating }) => sum + rating, 0) / table.length).toBeCloseTo(1000, 6);
    }),
  );
});

const turned = (outcome: GameCount["outcome"]): GameCount["outcome"] => (outcome === 0.5 ? 0.5 : outcome === 1 ? 0 : 1);

test("games and win rates are counted with ties as half; games against oneself say nothing", () => {
  const games: GameCount[] = [
    { a: "x", b: "y", outcome: 1, games: 15 },
    { a: "y", b: "x", outcome: 0.5, games: 15 },
    { a: "x", b: "x", outcome: 1, games: 100 },
  ];
  const [first, second] = rated(games);
  expect(first).toMatchObject({ player: "x", games: 30, winRate: 0.75, reason: null });
  expect(second).toMatchObject({ player: "y", games: 30, winRate: 0.25, reason: null });
});

test("more wins in a row move a rating up without end but ever more slowly", () => {
  const after = (n: number) => ratingsOf([{ a: "x", b: "y", outcome: 1, games: n }]).x ?? 0;
  const steps = [1, 10, 100, 1000].map(after);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  expect(steps[3]).toBeLessThan(3000);
});

const STRENGTHS: Readonly<Record<string, number>> = { a: -0.9, b: -0.4, c: -0.1, d: 0.2, e: 0.4, f: 0.8 };
const PLAYERS = Object.keys(STRENGTHS);

/** Games of the model: unequal numbers of games per player, ties most likely between equals, half wins as expected. */
function play(random: Random, count: number, tieTendency: number): GameCount[] {
  const ends = [0.35, 0.6, 0.76, 0.88, 0.96, 1]; // of the players' shares of the games
  const pick = () => {
    const u = random();
    return PLAYERS[ends.findIndex((end) => u < end)]!;
  };
  return Array.from({ length: count }, () => {
    const a = pick();
    let b = pick();
    while (b === a) b = pick();
    const p = 1 / (1 + Math.exp(STRENGTHS[b]! - STRENGTHS[a]!));
    const tie = tieTendency * 4 * p * (1 - p);
    const u = random();
    return { a, b, outcome: u < tie ? 0.5 : u < tie + p - tie / 2 ? 1 : 0 };
  });
}

describe.each([
  { count: 150, ties: 0 },
  { count: 150, ties: 0.35 },
  { count: 1200, ties: 0.15 },
])("with $count independent games shared unequally and a tendency to ties of $ties", ({ count, ties }) => {
  test("the intervals from the curvature hold the true ratings about 95 times in 100", () => {
    const random = seededRandom(count);
    const trials = Array.from({ length: 300 }, () => rated(play(random, count, ties))).flat();
    const held = trials.filter(({ player, low, high }) => {
      const truth = 1000 + (400 / Math.LN10) * STRENGTHS[player]!;
      return low! <= truth && truth <= high!;
    });
    expect(held.length / trials.length).toBeGreaterThan(0.93);
    expect(held.length / trials.length).toBeLessThan(0.97);
  });

  test("the rank ranges hold the true rank at least 95 times in 100", () => {
    const random = seededRandom(count + 1);
    const order = [...PLAYERS].sort((x, y) => STRENGTHS[y]! - STRENGTHS[x]!);
    const trials = Array.from({ length: 150 }, () => rated(play(random, count, ties))).flat();
    const held = trials.filter(({ player, rankRange: { low, high } }) => {
      const rank = 1 + order.indexOf(player);
      return low <= rank && rank <= high;
    });
    expect(held.length / trials.length).toBeGreaterThan(0.95);
  });
});

test("a copy of every answer by the same people and to the same prompts makes no interval narrower", () => {
  const { rows } = goldenRatings.cases[0]!;
  const width = (of: readonly GameCount[]) => rated(of, { prior: 1e-6 }).map(({ low, high }) => high! - low!);
  const [once, ten] = [width(rows), width(rows.map((row) => ({ ...row, games: 10 })))];
  for (const [i, wide] of once.entries()) expect(ten[i]).toBeCloseTo(wide, 3);
  const alone = width(rows.map(({ person: _, prompt: __, ...row }) => ({ ...row, games: 10 })));
  for (const [i, wide] of once.entries()) expect(alone[i]).toBeLessThan(wide / 2);
});
