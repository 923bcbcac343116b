import { seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { bradleyTerry } from "../../src/ratings/bradleyTerry.ts";
import { checkRatings } from "../../src/ratings/checks.ts";
import type { GameCount } from "../../src/ratings/games.ts";

/** Answers by few people about three models: a is a little better than b, and b than c. */
function answers(seed: number, { count = 12, people = 5 } = {}): GameCount[] {
  const random = seededRandom(seed);
  const pairs = [
    ["a", "b"],
    ["b", "c"],
    ["a", "c"],
  ] as const;
  return Array.from({ length: count }, () => {
    const [a, b] = pairs[Math.floor(3 * random())]!;
    const u = random();
    return { a, b, outcome: u < 0.65 ? 1 : u < 0.75 ? 0.5 : 0, person: Math.floor(people * random()) };
  });
}

const firstOf = (rows: readonly GameCount[]): string | null => {
  const [first, second] = bradleyTerry(rows).ratings;
  return first && second && first.rating > second.rating + 1e-6 ? first.player : null;
};

/** The size of the smallest set of names whose leaving puts another model first, by trying all; null when there is none. */
function smallest<T>(rows: readonly GameCount[], names: readonly T[], nameOf: (row: GameCount, i: number) => T, most: number) {
  const first = firstOf(rows);
  const leaves = (gone: ReadonlySet<T>) => {
    const left = firstOf(rows.filter((row, i) => !gone.has(nameOf(row, i))));
    return left !== null && left !== first;
  };
  const sets = (size: number, from = 0): T[][] =>
    size === 0 ? [[]] : names.slice(from).flatMap((name, k) => sets(size - 1, from + k + 1).map((rest) => [name, ...rest]));
  for (let size = 1; size <= most; size++) if (sets(size).some((set) => leaves(new Set(set)))) return size;
  return null;
}

describe("the fewest that change the first rank", () => {
  const seeds = Array.from({ length: 9 }, (_, seed) => seed).filter((seed) => firstOf(answers(seed)) !== null);

  test("answers: never fewer than brute force finds, and the same number in most sets", () => {
    const pairs = seeds.map((seed) => {
      const rows = answers(seed);
      const exact = smallest(rows, [...rows.keys()], (_, i) => i, 3);
      return { exact, ours: checkRatings(rows).answers.fewest };
    });
    const small = pairs.filter(({ exact }) => exact !== null);
    expect(small.length).toBeGreaterThan(5);
    for (const { exact, ours } of small) expect(ours).toBeGreaterThanOrEqual(exact!);
    expect(small.filter(({ exact, ours }) => exact === ours).length).toBeGreaterThanOrEqual(small.length - 1);
    for (const { exact, ours } of pairs) if (exact === null) expect(ours ?? 4).toBeGreaterThan(3);
  });

  test("people: as brute force over all sets of people", () => {
    const pairs = seeds.map((seed) => {
      const rows = answers(seed, { count: 30, people: 6 });
      return {
        exact: firstOf(rows) && smallest(rows, [0, 1, 2, 3, 4, 5], ({ person }) => person, 6),
        ours: checkRatings(rows).people.fewest,
      };
    });
    const found = pairs.filter(({ exact }) => exact !== null);
    expect(found.length).toBeGreaterThan(4);
    for (const { exact, ours } of found) if (ours !== null) expect(ours).toBeGreaterThanOrEqual(exact as number);
    expect(found.filter(({ exact, ours }) => exact === ours).length).toBeGreaterThanOrEqual(found.length - 1);
  });

  test("is what a refit without them says, at ten thousand answers too", () => {
    const rows: GameCount[] = [
      { a: "a", b: "b", outcome: 1, games: 5150, person: 1 },
      { a: "a", b: "b", outcome: 0, games: 4850, person: 2 },
    ];
    const { answers: least, people, first } = checkRatings(rows);
    // 301 wins fewer put b ahead by one.
    expect([first, least.fewest, least.of, least.newFirst]).toEqual(["a", 301, 10_000, "b"]);
    expect([people.fewest, people.newFirst]).toEqual([1, "b"]);
  });
});

test("leave-one-person-out: the person who decides is on top, with what a refit without them gives", () => {
  const rows = [
    ...answers(3, { count: 60, people: 12 }),
    ...Array.from({ length: 9 }, (): GameCount => ({ a: "c", b: "a", outcome: 1, person: "zealot" })),
  ];
  const { withoutPerson } = checkRatings(rows);
  const [top] = withoutPerson;
  const left = bradleyTerry(rows.filter(({ person }) => person !== "zealot")).ratings;
  const before = bradleyTerry(rows).ratings;
  const change = (player: string) =>
    Math.abs(left.find((each) => each.player === player)!.rating - before.find((each) => each.player === player)!.rating);
  expect(top!.answers).toBe(9);
  expect(top!.largestChange).toBeCloseTo(Math.max(...["a", "b", "c"].map(change)), 6);
  expect(change(top!.player)).toBeCloseTo(top!.largestChange, 6);
  expect(top!.first).toBe(left[0]!.player);
  expect(withoutPerson.length).toBe(10);
});

describe("a clone", () => {
  const game = (a: string, b: string, won: number, lost: number): GameCount[] => [
    { a, b, outcome: 1, games: won },
    { a, b, outcome: 0, games: lost },
  ];

  test("changes nothing where the answers follow the model", () => {
    const odds = { a: 4, b: 2, c: 1 } as const;
    const fair = (x: keyof typeof odds, y: keyof typeof odds) => game(x, y, 6000 * odds[x], 6000 * odds[y]);
    for (const { largestChange, swapped } of checkRatings([...fair("a", "b"), ...fair("b", "c"), ...fair("a", "c")]).clones) {
      expect(largestChange).toBeLessThan(0.1);
      expect(swapped).toEqual([]);
    }
  });

  test("that shares the answers gains what the better half of random halves is too good, and nothing where there is no noise", () => {
    const clones = checkRatings(game("x", "y", 240, 160)).clones;
    // The halves of n games differ by 2/sqrt(n p q) in log odds (drawn without replacement); the better one is half of |N(0, 1)| of that above the mean.
    const expected = ((400 / Math.LN10) * (2 / Math.sqrt(400 * 0.6 * 0.4))) / Math.sqrt(2 * Math.PI);
    const x = clones.find(({ player }) => player === "x")!;
    expect(x.gain / expected).toBeGreaterThan(0.75);
    expect(x.gain / expected).toBeLessThan(1.25);
    expect(x.first).toBe(1);
    const y = clones.find(({ player }) => player === "y")!;
    expect(y.first).toBeLessThan(0.2);
    for (const { gain } of checkRatings(game("x", "y", 6e7, 4e7)).clones) expect(Math.abs(gain)).toBeLessThan(0.1);
  });

  test("of a model that one rival beats and the other does not turns their order around", () => {
    // b beats a by little; c beats b, and a beats c by far: more games against c help a.
    const rows = [...game("b", "a", 55, 45), ...game("a", "c", 70, 30), ...game("b", "c", 50, 50)];
    const doubled = rows.flatMap((row) => (row.b === "c" ? [row, { ...row, b: "c2" }] : [row]));
    const after = bradleyTerry(doubled)
      .ratings.map(({ player }) => player)
      .filter((player) => player === "a" || player === "b");
    const before = bradleyTerry(rows)
      .ratings.map(({ player }) => player)
      .filter((player) => player === "a" || player === "b");
    const clone = checkRatings(rows).clones.find(({ player }) => player === "c")!;
    expect(clone.swapped.length > 0).toBe(before.join() !== after.join());
    expect(clone.largestChange).toBeGreaterThan(3);
  });
});

test.each([
  ["no answers", [], "There is nothing to check: no answer is about two different models."],
  [
    "only ties",
    [{ a: "x", b: "y", outcome: 0.5 as const, games: 9 }],
    "There is nothing to check: none of the models is alone in the first rank.",
  ],
])("%s: nothing to check, and nothing is 0", (_name, rows, reason) => {
  expect(checkRatings(rows)).toMatchObject({
    first: null,
    answers: { fewest: null },
    people: { fewest: null },
    clones: [],
    reason,
  });
});

test("without people, or where no answers help a rival, it is said why there is no number", () => {
  const { people, answers: least } = checkRatings([{ a: "x", b: "y", outcome: 1, games: 5 }]);
  expect(people).toEqual({ fewest: null, of: 0, newFirst: null, reason: "the answers do not say who gave them" });
  expect(least).toEqual({
    fewest: null,
    of: 5,
    newFirst: null,
    reason: "no number of answers was found that puts another one first",
  });
});
