/** @file The loop that all training shares: steps with a schedule, metrics, a save now and then, and an orderly stop. */
import { PickScoreError } from "../errors.ts";
import type { StepMetrics } from "../run/metrics.ts";
import type { TrainState } from "../steps/state.ts";
import type { Feed, Stepper, StepResult } from "../steps/stepper.ts";

/** How far a long operation is. */
export interface Progress {
  done: number;
  total: number;
  unit: string;
  /** The part of the work, where it has a name of its own. */
  phase?: string;
  note?: string;
}

export interface Loop {
  state: TrainState;
  stepper: Stepper;
  /** Ends when `state.step` is this. */
  steps: number;
  /** Examples per step, for the rate in the progress note. */
  examplesPerStep: { count: number; unit: string };
  learningRateAt(step: number): number;
  feeds(step: number): Iterable<Feed>;
  /** Records a step. */
  onMetrics(metrics: StepMetrics): Promise<void>;
  saveEvery: number;
  /** Writes `state` down so that the run can go on from it. */
  save(): Promise<void>;
  /** Called after every step, before a save. */
  afterStep(): Promise<void>;
  /** What the progress of a step says besides loss and rate, such as the last validation. */
  note?(): string;
  /** True ends the loop before `steps`. */
  isDone?(): boolean;
  /** Saves what the step was made of when its loss is not finite; gives the folder of it. */
  inspect?(what: { loss: number; gradientNorm: number; learningRate: number }): Promise<string>;
}

export interface LoopEffects {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** ms, rising */
  now: () => number;
}

/**
 * Trains until `steps`, validating and saving as it goes.
 * @throws {PickScoreError} PICKAPIC_TRAIN_STOPPED when aborted (the state is saved), PICKAPIC_TRAIN_DIVERGED on a loss that is not finite
 */
export async function runLoop(loop: Loop, effects: LoopEffects): Promise<void> {
  const { state } = loop;
  while (state.step < loop.steps && !loop.isDone?.()) {
    const metrics = await stepOrStop(loop, effects);
    await loop.onMetrics(metrics);
    await loop.afterStep();
    if (state.step % loop.saveEvery === 0 && state.step < loop.steps) await loop.save();
    effects.onProgress?.({ done: state.step, total: loop.steps, unit: "steps", note: noteOf(metrics, loop) });
  }
}

async function stepOrStop(loop: Loop, { signal, now }: LoopEffects): Promise<StepMetrics> {
  try {
    signal?.throwIfAborted();
    return await oneStep(loop, now, signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    await loop.save();
    throw new PickScoreError("PICKAPIC_TRAIN_STOPPED", loop.state.step, loop.steps).because(error);
  }
}

async function oneStep(loop: Loop, now: () => number, signal?: AbortSignal): Promise<StepMetrics> {
  const { state, stepper, learningRateAt, feeds, inspect } = loop;
  const start = now();
  const learningRate = learningRateAt(state.step);
  const result = await stepper.step(feeds(state.step), learningRate, signal);
  const { loss, gradientNorm, lossScale } = result;
  const seconds = (now() - start) / 1000;
  if (!isFiniteStep(result)) {
    // That the batch cannot be saved, on a full disk perhaps, must not hide why training stopped.
    const batchFolder = await inspect?.({ loss, gradientNorm, learningRate }).catch(() => undefined);
    throw diverged(result, { step: state.step, learningRate }, batchFolder);
  }
  const scale = lossScale === undefined ? {} : { lossScale };
  return { step: state.step, loss, learningRate, gradientNorm, ...scale, seconds };
}

const isFiniteStep = ({ loss, gradientNorm }: StepResult): boolean => Number.isFinite(loss) && Number.isFinite(gradientNorm);

/** @throws {PickScoreError} PICKAPIC_TRAIN_DIVERGED on a loss or a gradient that is not finite; `at` says where it came */
export function assertFinite(result: StepResult, { step, learningRate }: { step: number; learningRate: number }): void {
  if (!isFiniteStep(result)) throw diverged(result, { step, learningRate });
}

const diverged = (
  { loss, gradientNorm }: StepResult,
  { step, learningRate }: { step: number; learningRate: number },
  batchFolder = "",
): PickScoreError => new PickScoreError("PICKAPIC_TRAIN_DIVERGED", step + 1, loss, gradientNorm, learningRate, batchFolder);

function noteOf({ loss, seconds }: StepMetrics, { examplesPerStep: { count, unit }, note }: Loop): string {
  return [`loss ${loss.toFixed(3)}`, `${Math.round(count / seconds)} ${unit}/s`, note?.() ?? ""].filter(Boolean).join(", ");
}
