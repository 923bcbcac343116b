/** @file The steps of a reproduction: what each is called, needs, costs and depends on. A new experiment is one line here and one result type in steps/step.ts. */
import type { ReproduceSettings } from "./settings.ts";
import { measureAccuracies, trainSeeds, trainShares, trainWithNegatives } from "./steps/accuracy.ts";
import { judgeAll, makeDataset, trainMain } from "./steps/data.ts";
import { rateGenerators } from "./steps/models.ts";
import { pickBest, pickByTemplates } from "./steps/picking.ts";
import { measureSets } from "./steps/promptSets.ts";
import type { Results, StepContext, StepName } from "./steps/step.ts";

/** One step. */
interface Step<K extends StepName> {
  /** What the step does, as its progress tells it. */
  title: string;
  /** Steps whose results it uses. */
  needs: readonly StepName[];
  /** The settings that its result depends on, besides those of the steps that it needs. `seed` always belongs to them. */
  settings: readonly (keyof ReproduceSettings)[];
  /** Whether these settings ask for it. */
  isWanted(settings: ReproduceSettings): boolean;
  /** Expected time, s, on two cores with nothing else running: what the remaining time is estimated from. */
  cost(settings: ReproduceSettings): number;
  run(context: StepContext): Promise<Results[K]>;
}

const always = () => true;
/** The expected time of a training with this many steps, with reading and validation, s. */
const training = ({ training: { steps = 300, batchPairs = 64 } }: ReproduceSettings, times: number): number =>
  times * (15 + (steps * batchPairs) / 180);
/** The expected time to draw this many images of 128 px and to score them with every scorer, s. */
const images = (count: number): number => count / 90;

/** Every step, in the order in which they are made. */
export const STEPS: { readonly [K in StepName]: Step<K> } = {
  dataset: {
    title: "collecting choices",
    needs: [],
    settings: ["rankings", "answersPerPrompt", "promptsPerPerson", "pictureSize", "heldOutPrompts", "heldOutShare"],
    isWanted: always,
    cost: ({ rankings, answersPerPrompt }) => (rankings * (1 + 1 / answersPerPrompt)) / 180,
    run: makeDataset,
  },
  training: {
    title: "training",
    needs: ["dataset"],
    settings: ["init", "training"],
    isWanted: always,
    cost: (settings) => training(settings, 1),
    run: trainMain,
  },
  judging: {
    title: "judging the held-out pairs",
    needs: ["dataset", "training"],
    settings: [],
    isWanted: always,
    cost: ({ heldOutPrompts, answersPerPrompt }) => (heldOutPrompts * answersPerPrompt) / 100,
    run: judgeAll,
  },
  accuracy: {
    title: "measuring accuracy",
    needs: ["dataset", "judging"],
    settings: ["expertsPerExample"],
    isWanted: always,
    cost: () => 5,
    run: measureAccuracies,
  },
  models: {
    title: "rating the generators",
    needs: ["judging", "accuracy"],
    settings: ["configurations"],
    isWanted: always,
    cost: ({ configurations }) => configurations / 2,
    run: rateGenerators,
  },
  "best-of": {
    title: "picking the best of images as the app draws them",
    needs: ["training"],
    settings: ["best", "pictureSize"],
    isWanted: ({ best }) => best.prompts > 0,
    cost: ({ best }) => images(best.prompts * (best.n + 2)),
    run: pickBest,
  },
  ranking: {
    title: "picking the best of seeds and templates",
    needs: ["training"],
    settings: ["ranking"],
    isWanted: ({ ranking }) => ranking.prompts > 0,
    cost: ({ ranking }) => images(ranking.prompts * (ranking.n + 2)),
    run: pickByTemplates,
  },
  prompts: {
    title: "comparing captions with users' prompts",
    needs: ["training", "accuracy"],
    settings: ["promptSets"],
    isWanted: ({ promptSets }) => promptSets.prompts > 0,
    cost: ({ promptSets }) => images(24 * promptSets.prompts) + promptSets.draws / 200,
    run: measureSets,
  },
  negatives: {
    title: "training with in-batch negatives",
    needs: ["dataset", "judging", "accuracy"],
    settings: [],
    isWanted: ({ ablation }) => ablation,
    cost: (settings) => training(settings, 1),
    run: trainWithNegatives,
  },
  seeds: {
    title: "training with other seeds",
    needs: ["dataset", "judging", "accuracy"],
    settings: ["trainingSeeds"],
    isWanted: ({ trainingSeeds }) => trainingSeeds > 1,
    cost: (settings) => training(settings, settings.trainingSeeds - 1),
    run: trainSeeds,
  },
  "data-size": {
    title: "training on fewer prompts",
    needs: ["dataset", "training", "judging", "accuracy"],
    settings: ["shares"],
    isWanted: ({ shares }) => shares.length > 0,
    cost: (settings) =>
      training(
        settings,
        settings.shares.reduce((sum, share) => sum + share, 0),
      ),
    run: trainShares,
  },
};

/** The names of all steps, in order. */
export const STEP_NAMES: readonly StepName[] = Object.keys(STEPS).filter((name): name is StepName => Object.hasOwn(STEPS, name));
