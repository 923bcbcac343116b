/**
 * @file Measures the simulated people of the toy world: ties, agreement of outside experts, what an ideal judge reaches.
 * Run: npx node scripts/calibrate-toyworld.ts [rankings] [seed...]
 */

import { seededRandom } from "@pickapic/chance";
import { describeImage, expert, type SimulatedRanking, simulateRankings, utility } from "@pickapic/toyworld";

type Label = 0 | 1 | "tie";
/** The score of the left picture minus that of the right one. */
type Judge = (ranking: SimulatedRanking) => number;

const EXPERTS = 25;
const faithfulness = (request: SimulatedRanking["left"]) => describeImage(request).faithfulness;
const looks = (request: SimulatedRanking["left"]) => {
  const depiction = describeImage(request);
  return utility({ ...depiction, checks: [] });
};

function labelOf({ choice }: SimulatedRanking): Label {
  return choice === "tie" ? "tie" : choice === "left" ? 0 : 1;
}

/** The tie-aware score of the paper, section 4: 1 when both labels are equal, 0.5 when exactly one is a tie, else 0. */
function agreement(a: Label, b: Label): number {
  return a === b ? 1 : a === "tie" || b === "tie" ? 0.5 : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const m = mean(values);
  return mean(values.map((value) => (value - m) ** 2));
}

/** Tie-aware accuracy of a judge on the odd rankings. The margin below which it says "tie" is chosen on the even ones. */
function accuracyOf(rankings: readonly SimulatedRanking[], judge: Judge): number {
  const margins = rankings.map(judge);
  const spread = Math.sqrt(variance(margins)) || 1;
  const measure = (parity: number, margin: number) =>
    mean(
      rankings.flatMap((ranking, i) => {
        const said: Label = Math.abs(margins[i]!) <= margin ? "tie" : margins[i]! > 0 ? 0 : 1;
        return i % 2 === parity ? [agreement(said, labelOf(ranking))] : [];
      }),
    );
  const grid = Array.from({ length: 41 }, (_, i) => (i / 20) * spread);
  const best = grid.reduce((b, margin) => (measure(0, margin) > measure(0, b) ? margin : b), 0);
  return measure(1, best);
}

function expertsAgree(rankings: readonly SimulatedRanking[], seed: number): number {
  const random = seededRandom(seed);
  const experts = Array.from({ length: EXPERTS }, (_, i) => expert(1000 * seed + i));
  const scores = rankings.map((ranking, i) => {
    const choice = experts[i % EXPERTS]!.choose(ranking.prompt, ranking.left, ranking.right, random);
    return agreement(choice === "tie" ? "tie" : choice === "left" ? 0 : 1, labelOf(ranking));
  });
  return mean(scores);
}

/** How often, 0...1, the author of a prompt prefers the best of 16 pictures by `score` to a random one of them; ties count half. */
function bestOf16(
  rankings: readonly SimulatedRanking[],
  score: (request: SimulatedRanking["left"], ranking: SimulatedRanking) => number,
  seed: number,
): number {
  const random = seededRandom(seed);
  const wins: number[] = [];
  for (const [i, ranking] of rankings.entries()) {
    if (i % 10 !== 0) continue;
    const { prompt, left, person } = ranking;
    const draws = Array.from({ length: 16 }, () => ({ ...left, guidanceScale: 7.5, seed: Math.floor(random() * 2 ** 31) }));
    const best = draws.reduce((a, b) => (score(b, ranking) > score(a, ranking) ? b : a));
    const other = draws[Math.floor(random() * 16)]!;
    const choice = person.choose(prompt, best, other, random);
    if (best !== other) wins.push(choice === "left" ? 1 : choice === "tie" ? 0.5 : 0);
  }
  return mean(wins);
}

const [count = 3000, ...seeds] = process.argv.slice(2).map(Number);
const percent = (v: number) => (100 * v).toFixed(1).padStart(9);
const names = ["seed", "ties", "experts", "ideal", "faithful", "looks", "true", "bestOf16", "byAuthor", "byFaith", "looksVar"];
process.stdout.write(`${names.map((name) => name.padStart(9)).join("")}\n`);
for (const seed of seeds.length ? seeds : [1, 2, 3]) {
  const rankings = [...simulateRankings({ seed, rankings: count })];
  const requests = rankings.flatMap(({ kept, left, right }) =>
    kept === "left" ? [right] : kept === "right" ? [left] : [left, right],
  );
  const all = requests.map((request) => utility(describeImage(request)));
  const row = [
    mean(rankings.map(({ choice }) => (choice === "tie" ? 1 : 0))),
    expertsAgree(rankings, seed),
    accuracyOf(rankings, ({ left, right }) => utility(describeImage(left)) - utility(describeImage(right))),
    accuracyOf(rankings, ({ left, right }) => faithfulness(left) - faithfulness(right)),
    accuracyOf(rankings, ({ left, right }) => looks(left) - looks(right)),
    accuracyOf(rankings, ({ left, right, person, prompt }) => person.utility(prompt, left) - person.utility(prompt, right)),
    bestOf16(rankings, (request) => utility(describeImage(request)), seed),
    bestOf16(rankings, (request, { person, prompt }) => person.utility(prompt, request), seed),
    bestOf16(rankings, faithfulness, seed),
    variance(requests.map(looks)) / variance(all),
  ];
  process.stdout.write(`${String(seed).padStart(9)}${row.map(percent).join("")}\n`);
}
