/** @file Cross-fitting: a model that was not trained on its prompt judges every training pair. This chooses the best step of a run and measures its gain. */
import { setImmediate } from "node:timers/promises";
import { planEpoch } from "@pickapic/dataset";
import { entryOf, itemAt } from "@pickapic/errors";
import type { Pair } from "../data/plan.ts";
import { pairLoss, pairWeights } from "../loss.ts";
import type { Embedder } from "../model/embedder.ts";
import type { CrossFit } from "../run/record.ts";
import type { TrainState } from "../steps/state.ts";
import type { Feed, Stepper } from "../steps/stepper.ts";
import { assertFinite, type LoopEffects } from "./loop.ts";
import { accuracyText, type Cosines, cosinesOf, marginAccuracy, preferencesOf } from "./validate.ts";

/** The result of cross-fitting, with the probabilities of every pair. */
export interface CrossFitted extends CrossFit {
  /** The chosen step, and its accuracy 0...1 without ties when each pair is judged by a model that did not see its prompt. */
  best: { step: number; accuracy: number };
  /**
   * Probability that image 0 is preferred, in the order of the pairs. `before` is by the starting model; `after` is by the model that did not see
   * the prompt, at the step that the pairs of the other folds choose.
   */
  before: number[];
  after: number[];
}

/** A training that can be started several times. */
export interface RepeatableTraining {
  state: TrainState;
  stepper: Stepper;
  embedder: Embedder;
  /** Optimizer steps of one training. */
  steps: number;
  validateEvery: number;
  seed: number;
  /** Gives the feeds of each step of a training on these pairs. */
  feedsOf(pairs: readonly Pair[]): (step: number) => Iterable<Feed>;
  learningRateAt(step: number): number;
  /** Called before the first step of each training; may set the temperature. */
  begin(pairs: readonly Pair[]): Promise<void>;
}

/** The number of trainings. Each leaves out one fifth of the prompts. */
const FOLDS = 5;

/**
 * Assigns every pair to a fold; pairs of one prompt are in one fold. There are five folds, or as many as prompts when these are fewer.
 * @returns null when there are fewer than two prompts, because then none can be left out
 */
export function foldsOf(captions: readonly string[], seed: number): { fold: number[]; folds: number } | null {
  const prompts = [...new Set(captions)].sort();
  if (prompts.length < 2) return null;
  const folds = Math.min(FOLDS, prompts.length);
  const order = planEpoch(prompts.length, seed, prompts.length).flat();
  const foldOf = new Map(order.map((prompt, i) => [itemAt(prompts, prompt), i % folds]));
  return { fold: captions.map((caption) => entryOf(foldOf, caption)), folds };
}

/**
 * Trains once for each fold on the pairs of all other folds, and judges the pairs of the fold. Afterwards the parameters are the starting ones again.
 * @returns null when no step can be chosen: there are fewer than two prompts, or no pair has a winner
 * @throws {PickScoreError} PICKAPIC_TRAIN_DIVERGED; the reason of `signal` when it is aborted
 */
export async function crossFit(
  pairs: readonly Pair[],
  training: RepeatableTraining,
  effects: Partial<LoopEffects>,
): Promise<CrossFitted | null> {
  const plan = foldsOf(
    pairs.map(({ caption }) => caption),
    training.seed,
  );
  if (!plan || pairs.every(({ target }) => target[0] === target[1])) return null;
  const { parameters } = training.state;
  const start = Float32Array.from(parameters.flat);
  const logScale = () => itemAt(entryOf(parameters.views, "logit_scale"), 0);
  const own = logScale();
  const before = preferencesOf(await cosinesOf(pairs, training.embedder), own);
  const margins = measuredSteps(training).map(() => new Float64Array(pairs.length));
  const report = reporter(plan.folds, training.steps, effects);
  for (let fold = 0; fold < plan.folds; fold++) {
    const own = pairs.flatMap((pair, i) => (plan.fold[i] === fold ? [{ pair, i }] : []));
    const others = pairs.filter((_, i) => plan.fold[i] !== fold);
    await restart(training, start);
    await trainOnce(training, others, effects, async (at, step) => {
      const cosines = await cosinesOf(
        own.map(({ pair }) => pair),
        training.embedder,
      );
      const measured = itemAt(margins, at);
      for (const [j, { i }] of own.entries()) measured[i] = marginOf(itemAt(cosines, j), logScale());
      report(
        fold,
        step,
        accuracyOf(pairs, measured, (i) => itemAt(plan.fold, i) <= fold),
      );
    });
  }
  await restart(training, start);
  return { folds: plan.folds, ...chooseStep(pairs, plan.fold, margins, measuredSteps(training)), before };
}

/** The numbers of steps after which a training is measured: 0, every multiple of `validateEvery`, and the last. */
function measuredSteps({ steps, validateEvery }: Pick<RepeatableTraining, "steps" | "validateEvery">): number[] {
  const all = Array.from({ length: Math.ceil(steps / validateEvery) }, (_, i) => i * validateEvery);
  return [...all, steps];
}

/** Sets the state back to before the first step: starting parameters, moments 0. */
async function restart({ state, stepper }: RepeatableTraining, start: Float32Array): Promise<void> {
  await stepper.fetch?.();
  state.parameters.flat.set(start);
  state.expAvg.flat.fill(0);
  state.expAvgSq.flat.fill(0);
  state.step = 0;
  stepper.reload?.();
}

async function trainOnce(
  training: RepeatableTraining,
  pairs: readonly Pair[],
  { signal }: Partial<LoopEffects>,
  measure: (at: number, step: number) => Promise<void>,
): Promise<void> {
  const { state, stepper, steps, learningRateAt } = training;
  await training.begin(pairs);
  const feeds = training.feedsOf(pairs);
  for (const [at, end] of measuredSteps(training).entries()) {
    while (state.step < end) {
      signal?.throwIfAborted();
      const step = state.step;
      const result = await stepper.step(feeds(step), learningRateAt(step), signal);
      assertFinite(result, { step, learningRate: learningRateAt(step) });
      await setImmediate();
    }
    if (end <= steps) await measure(at, end);
  }
}

/** The score of image 0 minus that of image 1: T (cos 0 - cos 1). Its logistic function is the probability of image 0. */
const marginOf = ({ cosine0, cosine1 }: Cosines, logScale: number): number => Math.exp(logScale) * (cosine0 - cosine1);

const accuracyOf = (pairs: readonly Pair[], margins: Float64Array, counts: (i: number) => boolean = () => true) =>
  marginAccuracy(pairs.flatMap(({ target }, i) => (counts(i) ? [{ target, margin: itemAt(margins, i) }] : [])));

/**
 * Chooses the step with the least weighted loss over all pairs. The probabilities `after` of each fold are those at the step that the other folds
 * alone would choose, so that no pair helps to choose the model that judges it.
 * @param margins for each of `steps`, the margin T (cos 0 - cos 1) of every pair
 */
export function chooseStep(
  pairs: readonly Pair[],
  foldOf: readonly number[],
  margins: readonly Float64Array[],
  steps: readonly number[],
): Pick<CrossFitted, "best" | "chosen" | "steps" | "after"> {
  const weights = pairWeights(pairs.map(({ examplesPerPrompt }) => examplesPerPrompt));
  const losses = margins.map((list) => pairs.map(({ target }, i) => itemAt(weights, i) * pairLoss([itemAt(list, i), 0], target)));
  const leastWithout = (fold: number | null): number => {
    const sums = losses.map((list) => list.reduce((sum, loss, i) => (foldOf[i] === fold ? sum : sum + loss), 0));
    return sums.indexOf(Math.min(...sums));
  };
  const byFold = new Map([...new Set(foldOf)].map((fold) => [fold, leastWithout(fold)]));
  const total = (list: readonly number[]) => list.reduce((sum, loss) => sum + loss, 0);
  const figures = steps.map((step, at) => ({
    step,
    accuracy: accuracyOf(pairs, itemAt(margins, at)).accuracy,
    loss: total(itemAt(losses, at)),
  }));
  const { step, accuracy } = itemAt(figures, leastWithout(null));
  return {
    best: { step, accuracy },
    chosen: step,
    steps: figures,
    after: pairs.map((_, i) => {
      const judging = itemAt(margins, entryOf(byFold, itemAt(foldOf, i)));
      return 1 / (1 + Math.exp(-itemAt(judging, i)));
    }),
  };
}

function reporter(folds: number, steps: number, { onProgress }: Partial<LoopEffects>) {
  return (fold: number, step: number, judged: ReturnType<typeof accuracyOf>) => {
    const note = [`fold ${fold + 1} of ${folds}`, accuracyText(judged, "prompts not trained on")].filter(Boolean).join(", ");
    onProgress?.({ done: fold * steps + step, total: folds * steps, unit: "trial steps", phase: "cross-fitting", note });
  };
}
