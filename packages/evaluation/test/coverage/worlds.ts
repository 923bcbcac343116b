/** @file Worlds of which the truth is known: answers of people with tastes to prompts that suit some models better, and judged examples. */
import { gauss, type Random } from "@pickapic/chance";
import type { Label } from "../../src/accuracy.ts";
import { at, Matrix, type Vector } from "../../src/matrix.ts";
import type { GameCount, Table } from "../../src/ratings/games.ts";
import { maximise } from "../../src/ratings/likelihood.ts";

/** Answers about models, by people, to prompts. */
export interface CrossedWorld {
  /** Strengths in log odds. */
  strengths: readonly number[];
  /** How often each model is shown, in proportion. */
  weights: readonly number[];
  answers: number;
  people: number;
  prompts: number;
  /** Standard deviation of a person's (and of a prompt's) leaning to each model, log odds. */
  taste: number;
  /** The share of answers that are ties, whatever the images. */
  ties: number;
}

/** Four models of unequal use, with ties, people who answer unequally often, and strong dependence. */
export const CROSSED: CrossedWorld = {
  strengths: [0, 0.3, 0.7, 1.2],
  weights: [4, 3, 2, 2],
  answers: 1200,
  people: 30,
  prompts: 60,
  taste: 0.4,
  ties: 0.13,
};

/** Who was shown what, before anyone answers. */
export interface Shown {
  a: number;
  b: number;
  person: number;
  prompt: number;
}

/** Draws pairs of models: some people answer far more often than others. */
export function drawShown({ weights, answers, people, prompts }: CrossedWorld, random: Random): Shown[] {
  return Array.from({ length: answers }, () => {
    const a = pickWeighted(weights, random);
    let b = a;
    while (b === a) b = pickWeighted(weights, random);
    return { a, b, person: Math.floor(random() ** 1.5 * people), prompt: Math.floor(random() * prompts) };
  });
}

function pickWeighted(weights: readonly number[], random: Random): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return Math.max(0, found);
}

/** Leanings of `count` people or prompts to each model. [count][models] */
export const drawLeanings = (count: number, models: number, spread: number, random: Random): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: models }, () => spread * gauss(random)));

/** Answers of people to what was shown to them. */
export function drawAnswers(world: CrossedWorld, random: Random, shown = drawShown(world, random)): GameCount[] {
  const { strengths, people, prompts, taste, ties } = world;
  const liked = drawLeanings(people, strengths.length, taste, random);
  const suited = drawLeanings(prompts, strengths.length, taste, random);
  return shown.map(({ a, b, person, prompt }) => {
    const worth = (model: number) => at(strengths, model) + (liked[person]?.[model] ?? 0) + (suited[prompt]?.[model] ?? 0);
    const wins = random() < 1 / (1 + Math.exp(worth(b) - worth(a)));
    const outcome = random() < ties ? 0.5 : wins ? 1 : 0;
    return { a: nameOf(a), b: nameOf(b), outcome, person, prompt };
  });
}

/** The name of a model, in the order of its number. */
export const nameOf = (model: number): string => `m${String(model).padStart(2, "0")}`;

/** How often model i is preferred to j among endlessly many people and prompts, ties as half, by quadrature. */
export function winShare({ strengths, taste, ties }: CrossedWorld, i: number, j: number): number {
  // Four leanings make the lead: two of the person, two of the prompt.
  return (1 - ties) * smoothed(at(strengths, i) - at(strengths, j), 2 * taste) + ties / 2;
}

/** The mean of the logistic function of x + spread z, z standard normal; by the trapezoid rule, exact to 12 digits. */
function smoothed(x: number, spread: number): number {
  let [sum, weights] = [0, 0];
  for (let z = -9; z <= 9; z += 1 / 32) {
    const weight = Math.exp((-z * z) / 2);
    sum += weight / (1 + Math.exp(-(x + spread * z)));
    weights += weight;
  }
  return sum / weights;
}

/** Bradley-Terry strengths to which the estimates converge, log odds with mean 0. */
export function trueStrengths(world: CrossedWorld): Vector {
  const n = world.strengths.length;
  const table: Table = { wins: new Matrix(n, n), games: new Matrix(n, n), total: 1, ties: 0 };
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const shown = 1e6 * pairShare(world, i, j);
      table.games.set(i, j, shown);
      table.wins.set(i, j, shown * winShare(world, i, j));
    }
  }
  return maximise(table, 0);
}

/**
 * Answers of which the first half is drawn by the weights of the first world and the second half by those of the second; people and prompts differ. Each
 * answer has the weight q/p, p the probability of its pair in its world and q that of equally likely pairs.
 */
export function drawWeighted(worlds: readonly CrossedWorld[], random: Random): GameCount[] {
  return worlds.flatMap((world, late) => {
    const pairs = (world.strengths.length * (world.strengths.length - 1)) / 2;
    const shown = drawShown(world, random);
    return drawAnswers(world, random, shown).map((answer, row): GameCount => {
      const { a, b } = shown[row] ?? { a: 0, b: 1 };
      const weight = 1 / (pairs * pairShare(world, a, b));
      return { ...answer, person: `${late} ${answer.person}`, prompt: `${late} ${answer.prompt}`, weight };
    });
  });
}

/** What the answers of worlds of one size say about each pair if all pairs are equally likely: a pair's mean win share over them. */
export function equallyDrawn(worlds: readonly CrossedWorld[]): { shares: Matrix; strengths: Vector } {
  const n = worlds[0]?.strengths.length ?? 0;
  const table: Table = { wins: new Matrix(n, n), games: new Matrix(n, n), total: 1, ties: 0 };
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      table.games.set(i, j, 1);
      for (const world of worlds) table.wins.add(i, j, winShare(world, i, j) / worlds.length);
    }
  }
  return { shares: table.wins, strengths: maximise(table, 0) };
}

/** How often the unordered pair i, j is shown: the first drawn by weight, the second by weight among the others. */
function pairShare({ weights }: CrossedWorld, i: number, j: number): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const [x, y] = [at(weights, i), at(weights, j)];
  return (x / all) * (y / (all - x)) + (y / all) * (x / (all - y));
}

/** The answers of endlessly many people and prompts: one row for each pair and outcome, with how often it occurs in a million. */
export function expectedAnswers(world: CrossedWorld): GameCount[] {
  const rows: GameCount[] = [];
  for (let i = 0; i < world.strengths.length; i++) {
    for (let j = i + 1; j < world.strengths.length; j++) {
      const shown = 1e6 * pairShare(world, i, j);
      const wins = winShare(world, i, j) - world.ties / 2;
      const names = { a: nameOf(i), b: nameOf(j) };
      rows.push({ ...names, outcome: 1, games: shown * wins }, { ...names, outcome: 0.5, games: shown * world.ties });
      rows.push({ ...names, outcome: 0, games: shown * (1 - world.ties - wins) });
    }
  }
  return rows;
}

/** A judged example with the prompt that it belongs to, and what two scorers and a second person say of it. */
export interface JudgedExample {
  cluster: string;
  label: Label;
  probability0: number;
  other0: number;
  second: Label;
}

/** Examples of prompts with 1 to 8 rankings; prompts differ in how hard they are, 14 % are ties. */
export function drawExamples(prompts: number, random: Random): JudgedExample[] {
  return Array.from({ length: prompts }, (_, prompt) => {
    const size = 1 + Math.floor(random() ** 2 * 8);
    const skill = 0.9 + 0.7 * gauss(random);
    return Array.from({ length: size }, (): JudgedExample => {
      const lead = 1.6 * gauss(random);
      const answer = (): Label => (random() < 0.14 ? "tie" : random() < 1 / (1 + Math.exp(-lead)) ? 0 : 1);
      const seen = (of: number) => 1 / (1 + Math.exp(-(of * lead + 0.8 * gauss(random))));
      return { cluster: `p${prompt}`, label: answer(), probability0: seen(skill), other0: seen(0.6 * skill), second: answer() };
    });
  }).flat();
}
