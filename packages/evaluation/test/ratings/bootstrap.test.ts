import { gauss, type Random, seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { bradleyTerry } from "../../src/ratings/bradleyTerry.ts";
import { drawStrengths } from "../../src/ratings/draws.ts";
import { type GameCount, type Games, gamesOf, tabulate } from "../../src/ratings/games.ts";
import { maximise } from "../../src/ratings/likelihood.ts";

/** Answers of people with tastes to prompts with subjects; people are not equally busy, models not equally shown; 13 % ties. */
function answers(random: Random, { count = 600, people = 25, prompts = 40, spread = 0.5 } = {}): GameCount[] {
  const effects = (n: number) => Array.from({ length: n * 4 }, () => spread * gauss(random));
  const [taste, subject] = [effects(people), effects(prompts)];
  const model = () => [0, 0, 0, 1, 1, 2, 2, 3][Math.floor(8 * random())]!;
  return Array.from({ length: count }, () => {
    const [who, what, a] = [Math.floor(random() ** 1.5 * people), Math.floor(random() * prompts), model()];
    let b = model();
    while (b === a) b = model();
    const worth = (m: number) => 0.4 * m + taste[who * 4 + m]! + subject[what * 4 + m]!;
    const wins = random() < 1 / (1 + Math.exp(worth(b) - worth(a)));
    const outcome = random() < 0.13 ? 0.5 : wins ? 1 : 0;
    return { a: `m${a}`, b: `m${b}`, outcome, person: who, prompt: what };
  });
}

const sdOf = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

/** The strengths of a draw, by weighing each row and fitting anew: nothing of the bit counters is used. */
function oneByOne(games: Games, person: readonly number[], prompt: readonly number[], prior: number): Float64Array {
  const count = games.count.map((n, row) => n * person[games.person!.of[row]!]! * prompt[games.prompt!.of[row]!]!);
  return maximise(tabulate({ ...games, count }), prior);
}

describe("a draw of people and prompts", () => {
  test.each<[rows: string, digits: number, Partial<GameCount>[]]>([
    ["one game", 7, [{}]],
    ["several games", 7, [1, 2, 3, 4, 5].map((games) => ({ games }))],
    // Weights are rounded to 2^-16.
    ["weighted games", 4, [0.1, 0.7, 1.4, 4.1].map((weight) => ({ weight }))],
  ])("gives the strengths of the answers weighed one by one, in rows of %s", (_, digits, kinds) => {
    const rows = answers(seededRandom(3)).map((row, i) => ({ ...row, ...kinds[i % kinds.length] }));
    const games = gamesOf(rows);
    const theta = maximise(tabulate(games), 1);
    const drawn = drawStrengths([{ games, theta }], 1, { draws: 40, random: seededRandom(8) })[0]!;
    const again = seededRandom(8);
    const bits = (size: number) => Array.from({ length: size }, () => Math.floor(again() * 2 ** 32));
    for (let block = 0; block < 40; block += 32) {
      const [person, prompt] = [bits(games.person!.size), bits(games.prompt!.size)];
      for (let lane = 0; lane < Math.min(32, 40 - block); lane++) {
        const weigh = (all: readonly number[]) => all.map((each) => 2 * (Math.floor(each / 2 ** lane) % 2));
        const expected = oneByOne(games, weigh(person), weigh(prompt), 1);
        const at = (block + lane) * theta.length;
        for (const [i, value] of expected.entries()) expect(drawn[at + i]).toBeCloseTo(value, digits);
      }
    }
  });

  test("is the same for two judges of the same pairs", () => {
    const games = gamesOf(answers(seededRandom(4)));
    const fitted = { games, theta: maximise(tabulate(games), 1) };
    const [one, two] = drawStrengths([fitted, fitted], 1, { draws: 33, random: seededRandom(1) });
    expect(one).toEqual(two);
    expect(sdOf([...one!])).toBeGreaterThan(0.1);
  });

  test("refuses fewer than no games", () => {
    const games = gamesOf([{ a: "x", b: "y", outcome: 1, games: -1.5 }]);
    expect(() => drawStrengths([{ games, theta: new Float64Array(2) }], 1, { random: seededRandom(1) })).toThrow(
      "must be at least 0 and fewer than 2^30 in all; got -1.5",
    );
  });
});

test("intervals by draws are as wide as those by the jackknife, and the strongest is first in the most draws", () => {
  const rows = answers(seededRandom(5));
  const plain = bradleyTerry(rows);
  const drawn = bradleyTerry(rows, { bootstrap: { draws: 2000, random: seededRandom(2) } });
  for (const [i, { player, low, high, rating }] of drawn.ratings.entries()) {
    const other = plain.ratings[i]!;
    expect([player, rating]).toEqual([other.player, other.rating]);
    expect((high! - low!) / (other.high! - other.low!)).toBeCloseTo(1, 0.9);
  }
  expect(plain.first).toBeNull();
  expect(drawn.first!.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
  expect(drawn.first![0]).toMatchObject({ player: drawn.ratings[0]!.player });
  expect(drawn.first![0]!.share).toBeGreaterThan(drawn.first![1]!.share);
  expect(drawn.method).toContain(
    "from 2000 bootstrap draws of 25 people and 40 prompts (crossed), scaled to the two-way variance",
  );
});
