/** @file Answers of people about images of many models, drawn straight into columns, for the rows of the bench about ratings. */

import { gauss, type Random } from "../../packages/chance/src/index.ts";
import { itemAt } from "../../packages/errors/src/index.ts";
import type { Games } from "../../packages/evaluation/src/index.ts";

/** How many there are of each. */
export interface Sizes {
  answers: number;
  models: number;
  people: number;
  prompts: number;
}

/** The size: a million answers about 50 models. */
export const MILLION: Sizes = { answers: 1_000_000, models: 50, people: 5_000, prompts: 40_000 };

/** The spread of the strengths of models, of people's tastes and of the effects of prompts, in log odds. */
const SPREAD = { models: 0.6, people: 0.4, prompts: 0.3 };
/** The share of answers that are ties. */
const TIES = 0.12;

/**
 * Draws the answers. People differ in what they like and in how much they answer, prompts in what they suit; an effect is drawn
 * for each person (prompt) and each of 8 groups of models, because one for each model would take 20 million numbers.
 */
export function drawAnswers({ answers, models, people, prompts }: Sizes, random: Random): Games {
  const normals = (length: number, scale: number) => Float64Array.from({ length }, () => scale * gauss(random));
  const strength = normals(models, SPREAD.models);
  const [taste, subject] = [normals(people * 8, SPREAD.people), normals(prompts * 8, SPREAD.prompts)];
  const games = {
    players: Array.from({ length: models }, (_, i) => `model ${String(i).padStart(2, "0")}`),
    a: new Uint16Array(answers),
    b: new Uint16Array(answers),
    halfPoints: new Uint8Array(answers),
    count: new Float64Array(answers).fill(1),
    person: { of: new Int32Array(answers), size: people },
    prompt: { of: new Int32Array(answers), size: prompts },
  };
  for (let row = 0; row < answers; row++) {
    const [a, step] = [Math.floor(random() * models), 1 + Math.floor(random() * (models - 1))];
    const b = (a + step) % models;
    // The square makes some people answer far more than others.
    const [who, what] = [Math.floor(random() ** 2 * people), Math.floor(random() * prompts)];
    const worth = (model: number) =>
      itemAt(strength, model) + itemAt(taste, who * 8 + (model % 8)) + itemAt(subject, what * 8 + (model % 8));
    const wins = random() < 1 / (1 + Math.exp(worth(b) - worth(a)));
    games.a[row] = a;
    games.b[row] = b;
    games.halfPoints[row] = random() < TIES ? 1 : wins ? 2 : 0;
    games.person.of[row] = who;
    games.prompt.of[row] = what;
  }
  return games;
}
