/**
 * @file The gain of ranking: the best of n images by a scorer against a random one, judged by new people (section 7 of the
 * paper).
 */

import { drawSeed, type Random, randomFor } from "@pickapic/chance";
import { entryOf, itemAt } from "@pickapic/errors";
import { type Interval, meanOf } from "@pickapic/evaluation";
import { drawRequest, type GenerationRequest, parsePrompt, planBestOf } from "@pickapic/generation";
import type { Scorer } from "@pickapic/pickscore";
import { person, sampleCaption, toyBackend } from "@pickapic/toyworld";
import { paintAll } from "../collect.ts";
import type { ProgressReport } from "../progress.ts";
import { sideBySide } from "../sideBySide.ts";

/** How many images compete, for how many prompts, and how they are made. The same settings give the same images and people. */
export interface BestOfSettings {
  seed: number;
  prompts: number;
  /** Number of images per prompt to pick from. */
  n: number;
  /** Toy-world model of all images. Without it, model and guidance are drawn for each image as the app does. */
  model?: string;
  /** Guidance of all images, if there is a model. */
  guidance: number;
  /** Side of the images, px. Default: the model's own. */
  size?: number;
}

/** How often people prefer the image that one scorer picks from n to one more, random image. */
export interface BestOfOutcome {
  scorer: string;
  /** Number of judgements; one person judges each prompt. */
  judgements: number;
  /** Share of judgements that prefer the pick, 0...1, ties counted half; null when there are too few. */
  preferred: number | null;
  /** 95 % interval, bootstrap over prompts; null when there is none. */
  interval: Interval | null;
  /** Why share or interval is null; null when both are given. */
  reason: string | null;
  ties: number;
}

/** One prompt: the pick of each judge, and the random image that it is compared with. */
export interface Picked {
  prompt: string;
  random: GenerationRequest;
  /** In the order of the judges. */
  picks: { request: GenerationRequest; outcome: 1 | 0.5 | 0 }[];
}

/**
 * What the measurement needs from its caller. Progress is counted in prompts; aborting `signal` ends it with the signal's
 * reason.
 */
export interface BestOfEffects {
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
  /** Called at the end, for each prompt in order. */
  onPick?: (pick: Picked) => void;
}

/** What picks images: any scorer. */
export type Judge = Pick<Scorer, "name" | "score">;

/** Prompts worked on at the same time: the next images are drawn while these are scored. */
const AT_ONCE = 3;

/**
 * For each prompt: draws n images, lets each judge pick one, and lets a new person compare the pick with one more, random image.
 */
export async function measureBestOf(
  settings: BestOfSettings,
  judges: readonly Judge[],
  effects: BestOfEffects,
): Promise<BestOfOutcome[]> {
  const seeds = randomFor("best of n", settings.seed);
  const promptSeeds = Array.from({ length: settings.prompts }, () => drawSeed(seeds));
  const picks = await sideBySide(promptSeeds, (seed) => onePrompt(settings, judges, effects, seed), {
    atOnce: AT_ONCE,
    signal: effects.signal,
    onDone: (done) => effects.onProgress({ done, total: settings.prompts, unit: "prompts" }),
  });
  for (const pick of picks) effects.onPick?.(pick);
  return judges.map(({ name }, judge) => {
    const byJudge = picks.map((pick) => itemAt(pick.picks, judge).outcome);
    return summary(name, byJudge, randomFor("bootstrap", settings.seed));
  });
}

async function onePrompt(
  settings: BestOfSettings,
  judges: readonly Judge[],
  { signal }: BestOfEffects,
  seed: number,
): Promise<Picked> {
  const random = randomFor("pictures", seed);
  const prompt = sampleCaption(random);
  const requests = planPictures(settings, prompt, random);
  const images = await paintAll(new Map(requests.entries()), { signal, onProgress() {} });
  const candidates = requests.slice(0, -1).map((_, i) => entryOf(images, i));
  const reference = itemAt(requests, requests.length - 1);
  const visitor = person(seed);
  const picks = judges.map(async (judge) => {
    const request = itemAt(requests, indexOfBest(await judge.score(prompt, candidates)));
    return { request, outcome: compare(visitor, prompt, request, reference, randomFor("comparison", seed)) };
  });
  return { prompt, random: reference, picks: await Promise.all(picks) };
}

/** Plans n images to pick from, and one more of the same kind as the random image. */
function planPictures({ n, model, guidance, size }: BestOfSettings, caption: string, random: Random): GenerationRequest[] {
  const backend = toyBackend();
  const prompt = parsePrompt(caption);
  const requests =
    model === undefined
      ? Array.from({ length: n + 1 }, () => drawRequest(prompt, [backend], random))
      : planBestOf(n + 1, { prompt, backend, model, random, guidanceScale: guidance }).map(({ request }) => request);
  return requests.map((request) => ({ ...request, width: size ?? request.width, height: size ?? request.height }));
}

/**
 * Compares the pick with the random image, on random sides. For a prompt, every judge's pick meets the same person with the same
 * noise.
 */
function compare(
  visitor: ReturnType<typeof person>,
  prompt: string,
  pick: GenerationRequest,
  other: GenerationRequest,
  random: Random,
): 1 | 0.5 | 0 {
  const left = random() < 0.5;
  const choice = left ? visitor.choose(prompt, pick, other, random) : visitor.choose(prompt, other, pick, random);
  if (choice === "tie") return 0.5;
  return (choice === "left") === left ? 1 : 0;
}

function indexOfBest(scores: readonly number[]): number {
  return scores.reduce((best, score, i) => (score > itemAt(scores, best) ? i : best), 0);
}

function summary(scorer: string, outcomes: readonly (1 | 0.5 | 0)[], random: Random): BestOfOutcome {
  const { value, interval, reason } = meanOf(outcomes, random, { unit: "judgements" });
  const ties = outcomes.filter((outcome) => outcome === 0.5).length;
  return {
    scorer,
    judgements: outcomes.length,
    preferred: value,
    interval,
    reason,
    ties,
  };
}
