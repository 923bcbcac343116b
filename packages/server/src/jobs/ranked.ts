/** @file Makes the picture of a ranked entry: n images of its model, of which the one is returned that the scorer likes best. */
import { setTimeout as wait } from "node:timers/promises";
import {
  type Backend,
  type BackendModel,
  type BestSoFar,
  type GeneratedImage,
  GenerationError,
  type GenerationRequest,
  generateMany,
  isGainBelow,
  type MadeImage,
  planRanked,
  type RankedEntry,
  rankAsTheyCome,
  reasonsText,
  type ScoredImage,
} from "@pickapic/generation";
import type { Judge, JudgeFacts } from "@pickapic/judge";
import type { RankedPick } from "../api.ts";
import { unclaimImages } from "./limits.ts";
import { encoded, generateWithin, type MadePicture, type MakeEffects } from "./one.ts";
import { isWorthTrying } from "./whyFailed.ts";

/** A ranked entry that was drawn, the backend that makes its images, and the judge that scores them. */
export interface RankedOffer {
  backend: Backend;
  model: BackendModel;
  entry: RankedEntry;
  judge: Judge;
}

/** Who asks the judge: all ranked entries take one turn among its callers. */
const CALLER = "ranked entries";
/** The longest time that is waited for a busy backend between two images, ms. A person may be waiting. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Makes n images, as many at the same time as the backend makes, scores each as it would be stored, and returns the best. An image that fails costs only itself, and each has
 * a timeout of its own. Images that were counted for the limit per day but were not asked for are subtracted again.
 * @throws the error of the last image when none could be made; GenerationError PICKAPIC_BEST_OF_NONE when none could be scored; JudgeError
 */
export async function makeRanked(
  request: GenerationRequest,
  offer: RankedOffer,
  effects: MakeEffects,
  signal: AbortSignal,
): Promise<MadePicture> {
  const { backend, model, entry, judge } = offer;
  const { settings, db, onDelivered } = effects;
  const plans = planRanked(request, backend, entry, settings.random);
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const making = new Making(request.prompt, offer, effects, either);
  const scoring = new Scoring(request.prompt, judge, signal);
  let last: BestSoFar<MadeImage> | undefined;
  const isEnough = () => making.isHopeless() || isGainBelow(last?.expectedGain ?? null, entry.patience ?? -1);
  try {
    const source = generateMany(plans, { backend: making.backend, signal: either, isEnough, pause });
    const inTurn = entry.patience === undefined ? {} : { batch: 1, ahead: 1 };
    for await (last of rankAsTheyCome(source, { score: (made) => scoring.score(made), hold: entry.n, ...inTurn }));
    signal.throwIfAborted();
    if (!last || last.scored === 0)
      throw making.failure ?? new GenerationError("PICKAPIC_BEST_OF_NONE", entry.n, reasonsText(last?.failures ?? new Map()));
    return making.picture(await scoring.best(last.best), last);
  } finally {
    ended.abort();
    onDelivered?.();
    // A count that cannot be given back only makes the limit stricter.
    await unclaimImages(db, model, Math.max(0, entry.n - making.asked)).catch(() => undefined);
  }
}

const pause = (ms: number, signal: AbortSignal | undefined) => wait(Math.min(ms, LONGEST_PAUSE_MS), undefined, { signal });

/** Makes the images of one pick, and counts them. */
class Making {
  /** The backend of the images: it returns each as it is stored. */
  readonly backend: Backend;
  /** Requests that the backend was sent. */
  asked = 0;
  /** The error of the last image that failed. */
  failure: unknown;
  readonly #entry: RankedEntry;
  readonly #prompt: string;
  #made = 0;
  #price: number | undefined;

  constructor(prompt: string, { backend, entry }: RankedOffer, { settings, onProgress }: MakeEffects, signal: AbortSignal) {
    this.#entry = entry;
    this.#prompt = prompt;
    const make = async (request: GenerationRequest): Promise<GeneratedImage> => {
      this.asked++;
      const inAll = (fraction: number) => onProgress((this.#made + fraction) / entry.n);
      const generated = await generateWithin(settings.generationTimeoutMs, backend, request, { signal, onProgress: inAll });
      const { price } = generated;
      if (price !== undefined) this.#price = (this.#price ?? 0) + price;
      inAll(1);
      this.#made++;
      return { ...(await encoded(generated)), mediaType: "image/jpeg" };
    };
    const noted = (error: unknown) => {
      this.failure = error;
      throw error;
    };
    this.backend = { ...backend, generate: (request) => make(request).catch(noted) };
  }

  /** True when nothing was made, and the last failure is one that no other try can mend. */
  isHopeless(): boolean {
    return this.#made === 0 && this.failure !== undefined && !isWorthTrying(this.failure);
  }

  /** The picture of the best image, with what all images cost. */
  picture({ image: { request, template, image }, score, facts }: Best, { scored, failed }: BestSoFar<MadeImage>): MadePicture {
    const { base, n } = this.#entry;
    const { seed, guidanceScale } = request;
    const used = { ...(seed !== null && { seed }), ...(guidanceScale !== null && { guidanceScale }), ...image.used };
    const { scorer, identity } = facts;
    const pick: RankedPick = { base, n, scored, failed, scorer, identity, score, seed: used.seed ?? null, template };
    return {
      bytes: image.bytes,
      width: image.width,
      height: image.height,
      // Pages leave out warnings that name the model of an image, which here has another name.
      warnings: image.warnings.filter((warning) => !warning.toLowerCase().includes(base.toLowerCase())),
      used,
      ...(this.#price !== undefined && { price: this.#price }),
      picked: {
        pick,
        askedPrompt: request.prompt === this.#prompt ? null : request.prompt,
        askedNegativePrompt: request.negativePrompt,
      },
    };
  }
}

interface Best extends ScoredImage<MadeImage> {
  facts: JudgeFacts;
}

/** Scores the images of one pick. */
class Scoring {
  readonly #prompt: string;
  readonly #judge: Judge;
  readonly #signal: AbortSignal;
  readonly #facts = new Map<string, JudgeFacts>();

  constructor(prompt: string, judge: Judge, signal: AbortSignal) {
    this.#prompt = prompt;
    this.#judge = judge;
    this.#signal = signal;
  }

  async score(made: readonly MadeImage[]): Promise<(number | { message: string })[]> {
    const images = made.map(({ image }) => ({ prompt: this.#prompt, image: image.bytes }));
    const { results, facts } = await this.#judge.judge(images, CALLER, this.#signal);
    this.#facts.set(facts.identity, facts);
    return results.map((result) => ("score" in result ? result.score : result));
  }

  /**
   * The best of images that have a score. They are all scored again when the scorer was swapped meanwhile, because scores of two scorers cannot be compared.
   * @throws GenerationError PICKAPIC_BEST_OF_NONE when the new scorer can score none of them
   */
  async best(scored: readonly ScoredImage<MadeImage>[]): Promise<Best> {
    const count = scored.length;
    while (this.#facts.size > 1) {
      this.#facts.clear();
      const scores = await this.score(scored.map(({ image }) => image));
      scored = scored
        .flatMap((each, i) => {
          const score = scores[i];
          return typeof score === "number" ? [{ ...each, score }] : [];
        })
        .sort((a, b) => b.score - a.score);
    }
    const [facts] = this.#facts.values();
    if (!facts) throw new Error("images have scores, and no scorer gave them");
    const [best] = scored;
    if (!best) throw new GenerationError("PICKAPIC_BEST_OF_NONE", count, "after the scorer was exchanged, no image has a score");
    return { ...best, facts };
  }
}
