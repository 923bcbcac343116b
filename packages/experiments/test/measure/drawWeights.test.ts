import { type Random, seededRandom } from "@pickapic/chance";
import { bradleyTerry, type GameCount, winRates } from "@pickapic/evaluation";
import { expect, test } from "vitest";
import { drawWeights } from "../../src/measure/drawWeights.ts";
import { gameOf, rateModels } from "../../src/measure/models.ts";
import type { JudgedPair } from "../../src/measure/pairs.ts";

const MODELS = ["a", "b", "c"];
/** Strengths in log odds, early and late: those who come early like a best, those who come late like it least. */
const STRENGTHS = [
  [1.2, 0, 0.4],
  [-1.2, 0, 0.4],
];
const EQUAL = [1, 1, 1];
/** In the middle of the collection, what was drawn often is drawn rarely, and the other way round. */
const CHANGED = [
  [6, 3, 1],
  [1, 3, 6],
];

/** Answers in rounds of four as in the app: the preferred image stays, and one whose model is drawn by the weights of its time joins it. */
function collect(answers: number, weights: readonly (readonly number[])[], random: Random): JudgedPair[] {
  const pairs: JudgedPair[] = [];
  for (const late of [0, 1])
    while (pairs.length < ((late + 1) * answers) / 2) pairs.push(...round(late, weights[late] ?? EQUAL, pairs.length, random));
  return pairs;
}

interface Image {
  uid: string;
  model: number;
}

function round(late: number, weights: readonly number[], first: number, random: Random): JudgedPair[] {
  const sum = weights.reduce((all, each) => all + each, 0);
  const p = (model: number) => (weights[model] ?? 0) / sum;
  let images = 0;
  const draw = (): Image => {
    const u = random();
    return { uid: `${first} ${images++}`, model: u < p(0) ? 0 : u < p(0) + p(1) ? 1 : 2 };
  };
  const strength = ({ model }: Image) => STRENGTHS[late]?.[model] ?? 0;
  const shown = ({ uid, model }: Image) => ({ uid, model: MODELS[model] ?? "", guidanceScale: null });
  const pairs: JudgedPair[] = [];
  let kept: Image | null = null;
  for (let i = 0; i < 4; i++) {
    const x: Image = kept ?? draw();
    const y = draw();
    const wins: boolean = random() < 1 / (1 + Math.exp(strength(y) - strength(x)));
    const alike = x.model === y.model ? 1 : 2;
    pairs.push({
      ...{ rankingId: BigInt(first + i), person: `${first % 40}`, caption: `${first % 97}`, label: wins ? 0 : 1 },
      ...{ image0: shown(x), image1: shown(y), kept: kept ? 0 : null, probabilities: [] },
      drawProbability: kept ? p(y.model) : alike * p(x.model) * p(y.model),
    });
    kept = wins ? x : y;
  }
  return pairs;
}

const rated = (pairs: readonly JudgedPair[], drawWeights: boolean) =>
  rateModels(pairs, { judges: [], edges: [], elo: { shuffles: 1 }, drawWeights, random: seededRandom(1) });

/** The same collection, endless, with models that are all equally likely: counted, not weighted. */
function truth() {
  const counted = new Map<string, Required<Pick<GameCount, "a" | "b" | "outcome" | "games">>>();
  for (const pair of collect(80_000, [EQUAL, EQUAL], seededRandom(7))) {
    const { a, b, outcome } = gameOf(pair, pair.label);
    const same = counted.get(`${a} ${b} ${outcome}`);
    counted.set(`${a} ${b} ${outcome}`, { a, b, outcome, games: (same?.games ?? 0) + 1 });
  }
  const games = [...counted.values()];
  const ratings = new Map(bradleyTerry(games).ratings.map(({ player, rating }) => [player, rating]));
  return { ratings, aOverB: winRates(games, MODELS).rates[0]?.[1]?.value ?? 0 };
}

const holds = ({ low, high }: { low: number | null; high: number | null }, value = Number.NaN): boolean =>
  low !== null && high !== null && low <= value && value <= high;

test("after the weights of the models have changed, weighted answers give what equally likely models would have, others do not", () => {
  const { ratings, aOverB } = truth();
  const answers = collect(3200, CHANGED, seededRandom(8));
  const [plain, weighted] = [rated(answers, false), rated(answers, true)];
  const right = (report: typeof plain) =>
    report.people.models.ratings.filter((each) => holds(each, ratings.get(each.player))).map(({ player }) => player);
  const rate = ({ winRates: { players, rates } }: typeof plain) => {
    const found = rates[players.indexOf("a")]?.[players.indexOf("b")];
    return found ? holds(found, aOverB) : null;
  };
  expect(right(weighted).sort()).toEqual(MODELS);
  expect(rate(weighted)).toBe(true);
  expect(right(plain)).not.toContain("a");
  expect(right(plain)).not.toContain("b");
  expect(rate(plain)).toBe(false);
  expect(weighted.people.models.method).toContain("answers are weighted");
  // How many answers a model had, and its Elo rating, are what they are.
  const gamesOf = ({ people }: typeof plain) =>
    Object.fromEntries(people.models.ratings.map(({ player, games }) => [player, games]));
  expect(gamesOf(weighted)).toEqual(gamesOf(plain));
  expect(weighted.elo).toEqual(plain.elo);
  expect(weighted.weighted?.effective).toBeLessThan(1600);
});

test("models that were equally likely need no weights", () => {
  const answers = collect(400, [EQUAL, EQUAL], seededRandom(9));
  const { weights, leftOut, effective } = drawWeights(answers);
  for (const weight of weights) expect(weight).toBeCloseTo(1, 9);
  expect(leftOut).toBe(0);
  expect(effective).toBeCloseTo(400, 6);
});

test("an answer without a draw probability is left out, with those that its kept image led to, and the report says how many", () => {
  const answers = collect(40, CHANGED, seededRandom(10));
  // The third answer of the first round: the fourth hangs on it, as its kept image was chosen there.
  answers[2] = { ...answers[2]!, drawProbability: null };
  const { pairs, leftOut } = drawWeights(answers.toReversed());
  expect(leftOut).toBe(2);
  expect(pairs.map(({ rankingId }) => rankingId)).not.toContain(2n);
  expect(pairs.map(({ rankingId }) => rankingId)).not.toContain(3n);
  expect(rated(answers, true).weighted?.sentence).toMatch(
    /^Answers are weighted as if .*: these 38 vary as \d+ of equal weight would\. 2 answers are left out, because .*\. Elo ratings and the checks of the first rank are not weighted\.$/,
  );
});
