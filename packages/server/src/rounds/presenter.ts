/** @file Turns the state of a round into the reply of the API. Nothing in the reply tells which model made which image. */
import type { Comparison, Round, RoundProgress, ShownImage } from "../api.ts";
import { imagesNeeded } from "./plan.ts";
import { boardOf, type RoundState, type ShownPair, type SizedImage, type UnshownImage } from "./queries.ts";

/**
 * Returns the round as the API sends it.
 * @param concurrency number of images that are generated at once, for the estimate of the remaining time
 */
export function presentRound(state: RoundState, concurrency: number): Round {
  const { round, answers, last, images, shown, warnings } = state;
  const { id, prompt, negative_prompt: negativePrompt, problem_code, problem_message } = round;
  const isFinished = round.finished_at !== null;
  const problem = problem_code !== null && problem_message !== null ? { code: problem_code, message: problem_message } : null;
  return {
    id,
    prompt,
    negativePrompt,
    state: shown ? "ready" : problem ? "failed" : "generating",
    comparison: shown && presentComparison(shown),
    problem,
    progress: shown ? COMPLETE : progressOf(state, concurrency),
    answers,
    // An answer that is taken back shows its pair again. That must not happen if a picture of it was reported or the history names its generator.
    lastRanking: last === null || last.reported || isFinished ? null : last.ranking,
    upcoming: isFinished ? [] : upcomingOf(images),
    warnings: shown ? [...warnings] : [],
  };
}

function upcomingOf(images: readonly UnshownImage[]): ShownImage[] {
  return images.flatMap(({ id, state, width, height }) =>
    state === "ready" && width !== null && height !== null ? [presentImage({ id, width, height })] : [],
  );
}

const COMPLETE: RoundProgress = { done: 1, total: 1, fraction: 1, etaMs: 0, queuePosition: 0 };

function presentComparison({ id, left, right }: ShownPair): Comparison {
  return { id, left: presentImage(left), right: presentImage(right) };
}

function presentImage({ id, width, height }: SizedImage): ShownImage {
  return { url: imageUrl(id), width, height };
}

/** The path of an image in the API. */
export function imageUrl(id: string): string {
  return `/api/images/${id}`;
}

function progressOf(state: RoundState, concurrency: number): RoundProgress {
  const total = Math.max(1, imagesNeeded(boardOf(state)));
  const done = Math.min(total, state.images.filter((image) => image.state === "ready").length);
  const coming = state.images.filter((image) => image.state !== "ready").slice(0, total - done);
  const queuePosition = imagesAhead(state, coming);
  const meanMs = state.wait?.meanMs ?? null;
  const fraction = Math.min(1, (done + sumOf(coming)) / total);
  const left = queuePosition + coming.length - sumOf(coming);
  const etaMs = meanMs === null ? null : Math.round(meanMs * Math.max(1, left / concurrency));
  return { done, total, fraction, etaMs, queuePosition };
}

function sumOf(images: readonly UnshownImage[]): number {
  return images.reduce((sum, { fraction }) => sum + fraction, 0);
}

/** Returns how many images will be taken before the first image of this round: 0 once a worker is generating one of them. */
function imagesAhead({ wait }: RoundState, coming: readonly UnshownImage[]): number {
  const waits = coming.some(({ state }) => state === "queued") && !coming.some(({ state }) => state === "generating");
  return waits ? (wait?.ahead ?? 0) : 0;
}
