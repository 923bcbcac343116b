/** @file The interval of how much better one scorer's Elo ratings agree with people's than another's, as `reproduce` prints it. */
import { gauss, type Random } from "../../packages/chance/src/index.ts";
import { type GameCount, spearman } from "../../packages/evaluation/src/index.ts";
import type { CoverageCase } from "../../packages/evaluation/test/coverage/case.ts";
import { CROSSED, drawLeanings, drawShown, nameOf, trueStrengths } from "../../packages/evaluation/test/coverage/worlds.ts";
import { eloLead } from "../../packages/experiments/src/reproduce/steps/eloLead.ts";

const CONFIGURATIONS = 12;
/** Rows that people and both scorers decide. */
const ANSWERS = 600;
const PROMPTS = 60;

/** Strengths of configurations by people and by two scorers that follow them more and less, log odds. */
function drawStrengths(random: Random): number[][] {
  const people = Array.from({ length: CONFIGURATIONS }, () => 0.8 * gauss(random));
  const following = (correlation: number) =>
    people.map((each) => correlation * each + 0.8 * Math.sqrt(1 - correlation ** 2) * gauss(random));
  return [
    people,
    following([0.6, 0.9, 0.98][Math.floor(3 * random())] ?? 0),
    following([0, 0.6, 0.9][Math.floor(3 * random())] ?? 0),
  ];
}

/** What one judge says of the rows: its own strengths, and what it leans to on each prompt. */
function decide(shown: ReturnType<typeof drawShown>, strengths: readonly number[], random: Random): GameCount[] {
  const suited = drawLeanings(PROMPTS, CONFIGURATIONS, CROSSED.taste, random);
  return shown.map(({ a, b, prompt }) => {
    const worth = (model: number) => (strengths[model] ?? 0) + (suited[prompt]?.[model] ?? 0);
    const wins = random() < 1 / (1 + Math.exp(worth(b) - worth(a)));
    return { a: nameOf(a), b: nameOf(b), outcome: random() < CROSSED.ties ? 0.5 : wins ? 1 : 0, prompt };
  });
}

/** The case: new configurations in each simulation. */
export const eloLeadCase: CoverageCase = {
  name: "lead in the correlation of Elo ratings",
  printed: "reproduce",
  method: "posterior of true values (noise of drawn prompts), shortest interval",
  prepare() {
    return (random) => {
      const strengths = drawStrengths(random);
      const weights = new Array<number>(CONFIGURATIONS).fill(1);
      const world = { ...CROSSED, weights, answers: ANSWERS, prompts: PROMPTS };
      const shown = drawShown({ ...world, strengths: weights }, random);
      const [people = [], ours = [], other = []] = strengths.map((each) => decide(shown, each, random));
      const [byPeople, byOurs, byOther] = strengths.map((each) => [...trueStrengths({ ...world, strengths: each })]);
      const interval = eloLead({ people, ours, other }, random).interval;
      const truth = spearman(byPeople ?? [], byOurs ?? []) - spearman(byPeople ?? [], byOther ?? []);
      return [{ of: "lead in the correlation of Elo ratings", low: interval?.[0] ?? null, high: interval?.[1] ?? null, truth }];
    };
  },
};
