/** @file The training loop of PickScore and of CLIP: steps with a schedule, metrics, regular saves, and an orderly stop. */
import type { Progress } from "@pickapic/dataset";
import { PickScoreError } from "../errors.ts";
import type { StepMetrics } from "../run/metrics.ts";
import type { TrainState } from "../steps/state.ts";
import type { Feed, Stepper, StepResult } from "../steps/stepper.ts";

/** How far a training is, or the reading before it. */
export interface TrainProgress extends Progress {
  /** The name of the current phase of the work, if it has one. */
  phase?: string;
}

/** A training as the loop sees it: how a step is made, and what happens between steps. */
export interface Loop {
  state: TrainState;
  stepper: Stepper;
  /** The loop ends when `state.step` reaches this. */
  steps: number;
  /** Examples per step, for the speed in the progress note. */
  examplesPerStep: { count: number; unit: string };
  learningRateAt(step: number): number;
  feeds(step: number): Iterable<Feed>;
  /** Records the metrics of a step. */
  onMetrics(metrics: StepMetrics): Promise<void>;
  saveEvery: number;
  /** Saves `state`, so that the run can be resumed from it. */
  save(): Promise<void>;
  /** Called after every step, before a save. */
  afterStep(): Promise<void>;
  /** Text that the progress of a step shows after loss and speed, such as the latest validation. */
  note?(): string;
  /** Checked before every step; true ends the loop early. */
  isDone?(): boolean;
  /** Called when the loss or the gradient of a step is not finite: saves the batch for inspection and gives its folder. */
  inspect?(what: { loss: number; gradientNorm: number; learningRate: number }): Promise<string>;
}

/** What the loop takes from outside. */
export interface LoopEffects {
  signal?: AbortSignal;
  onProgress?: (progress: TrainProgress) => void;
  /** A clock that never goes back, ms. */
  now: () => number;
}

/**
 * Makes steps until `steps` are done or `isDone` says so, and records, validates and saves between them.
 * @throws {PickScoreError} PICKAPIC_TRAIN_STOPPED when `signal` is aborted, after the state was saved; PICKAPIC_TRAIN_DIVERGED when loss or gradient
 * is not finite
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
    // When the batch cannot be saved, for example on a full disk, the error must still say why training stopped.
    const batchFolder = await inspect?.({ loss, gradientNorm, learningRate }).catch(() => undefined);
    throw diverged(result, { step: state.step, learningRate }, batchFolder);
  }
  const scale = lossScale === undefined ? {} : { lossScale };
  return { step: state.step, loss, learningRate, gradientNorm, ...scale, seconds };
}

const isFiniteStep = ({ loss, gradientNorm }: StepResult): boolean => Number.isFinite(loss) && Number.isFinite(gradientNorm);

/** @throws {PickScoreError} PICKAPIC_TRAIN_DIVERGED when the loss or the gradient of step `step`, counted from 0, is not finite */
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
