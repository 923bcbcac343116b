/** @file Simulates answers of toy-world people with the app's own rules for rounds, without drawing pictures, to test the intervals of ratings. */

import { gauss, type Random, seededRandom } from "../../packages/chance/src/index.ts";
import { itemAt } from "../../packages/errors/src/index.ts";
import type { Games } from "../../packages/evaluation/src/index.ts";
import { drawRequest, parsePrompt } from "../../packages/generation/src/index.ts";
import { nextPair } from "../../packages/server/src/rounds/plan.ts";
import {
  type Depiction,
  describeImage,
  type PeopleSettings,
  person,
  type SimulatedPerson,
  sampleCaption,
  toyBackend,
} from "../../packages/toyworld/src/index.ts";

/** A prompt, and for each model several pictures of it. */
export interface Prompt {
  text: string;
  pictures: readonly (readonly Depiction[])[];
}

/** The models of the toy world, in the order of `Condition.modelWeights`. */
export const MODELS: readonly string[] = toyBackend().models.map(({ name }) => name);

/** Draws the population of prompts and pictures. Simulations draw from it with replacement. */
export function drawPopulation(prompts: number, picturesPerModel: number, seed: number): Prompt[] {
  const random = seededRandom(seed);
  return Array.from({ length: prompts }, () => {
    const text = sampleCaption(random);
    const draw = () => drawRequest(parsePrompt(text), [toyBackend()], random);
    const pictures = MODELS.map((model) => Array.from({ length: picturesPerModel }, () => describeImage({ ...draw(), model })));
    return { text, pictures };
  });
}

export interface Condition {
  people: number;
  prompts: number;
  answers: number;
  /** How far people differ. */
  tastes: Partial<PeopleSettings>;
  /** Relative frequency of each model. */
  modelWeights: readonly number[];
  /** Standard deviation of the logarithm of the number of rounds of a person; 0: equal for all. */
  activitySpread: number;
  /** True when each prompt belongs to one person; false when every person plays all prompts. */
  ownPrompts: boolean;
}

/** Most answers of a round. All lengths from 1 to this are equally likely. */
const LONGEST_ROUND = 15;

/** Simulates the answers of a condition. */
export function playCondition(population: readonly Prompt[], condition: Condition, random: Random): Games {
  const { people, prompts, answers, tastes, activitySpread, ownPrompts } = condition;
  const crowd = Array.from({ length: people }, () => person(Math.floor(random() * 2 ** 31), tastes));
  const chosen = Array.from({ length: prompts }, () => pickFrom(population, random));
  const activity = cumulative(Array.from({ length: people }, () => Math.exp(activitySpread * gauss(random))));
  const each = Math.floor(prompts / people);
  return play(answers, people, prompts, condition.modelWeights, random, () => {
    const who = drawIndex(activity, random);
    const what = ownPrompts ? who * each + Math.floor(random() * each) : Math.floor(random() * prompts);
    return { who, what, visitor: itemAt(crowd, who), prompt: itemAt(chosen, what) };
  });
}

/** Simulates answers in which every round has a new person and a newly drawn prompt. Their ratings converge to those of the population. */
export function playPopulation(
  population: readonly Prompt[],
  { answers, tastes, modelWeights }: Pick<Condition, "answers" | "tastes" | "modelWeights">,
  random: Random,
): Games {
  const games = play(answers, 1, 1, modelWeights, random, () => ({
    who: 0,
    what: 0,
    visitor: person(Math.floor(random() * 2 ** 31), tastes),
    prompt: pickFrom(population, random),
  }));
  return { ...games, person: null, prompt: null };
}

interface Round {
  who: number;
  what: number;
  visitor: SimulatedPerson;
  prompt: Prompt;
}

interface Picture {
  model: number;
  utility: number;
}

function play(
  answers: number,
  people: number,
  prompts: number,
  weights: readonly number[],
  random: Random,
  nextRound: () => Round,
): Games {
  const models = cumulative(weights);
  const rows: { a: number; b: number; half: number; who: number; what: number }[] = [];
  while (rows.length < answers) {
    const round = nextRound();
    const length = Math.min(answers - rows.length, 1 + Math.floor(random() * LONGEST_ROUND));
    for (const row of playRound(round, length, models, random)) rows.push({ ...row, who: round.who, what: round.what });
  }
  const different = rows.filter(({ a, b }) => a !== b);
  return {
    players: MODELS,
    a: Uint16Array.from(different, ({ a }) => a),
    b: Uint16Array.from(different, ({ b }) => b),
    halfPoints: Uint8Array.from(different, ({ half }) => half),
    count: new Float64Array(different.length).fill(1),
    person: { of: Int32Array.from(different, ({ who }) => who), size: people },
    prompt: { of: Int32Array.from(different, ({ what }) => what), size: prompts },
  };
}

/** Simulates one round. The app's `nextPair` decides which image is kept. */
function playRound({ visitor, prompt }: Round, length: number, models: Float64Array, random: Random) {
  const pictures: Picture[] = [];
  const draw = (): string => {
    const model = drawIndex(models, random);
    pictures.push({ model, utility: visitor.utilityOf(prompt.text, pickFrom(itemAt(prompt.pictures, model), random)) });
    return `${pictures.length - 1}`;
  };
  const history: { left: string; right: string; choice: "left" | "right" | "tie" }[] = [];
  const rows: { a: number; b: number; half: number }[] = [];
  for (let i = 0; i < length; i++) {
    const pair = nextPair(history, i === 0 ? [draw(), draw()] : [draw()], random)!;
    const [left, right] = [itemAt(pictures, Number(pair.left)), itemAt(pictures, Number(pair.right))];
    const choice = visitor.decide(left.utility, right.utility, random);
    history.push({ ...pair, choice });
    rows.push({ a: left.model, b: right.model, half: choice === "tie" ? 1 : choice === "left" ? 2 : 0 });
  }
  return rows;
}

const pickFrom = <T>(items: readonly T[], random: Random): T => itemAt(items, Math.floor(random() * items.length));

/** Cumulative sums of the weights, scaled so that the last one is 1. */
function cumulative(weights: readonly number[]): Float64Array {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const rising = new Float64Array(weights.length);
  for (const [i, weight] of weights.entries()) rising[i] = (rising[i - 1] ?? 0) + weight / all;
  return rising;
}

function drawIndex(rising: Float64Array, random: Random): number {
  const u = random();
  const found = rising.findIndex((sum) => u < sum);
  return found < 0 ? rising.length - 1 : found;
}
