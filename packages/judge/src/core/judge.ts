/** @file The judge: prompts and images in, scores and calibrated probabilities out. It knows no client; the codecs do. */
import { codeOf, messageOf } from "@pickapic/errors";
import { type NamedScorer, type NamedScorerOptions, openNamedScorer } from "@pickapic/pickscore/scorers";
import { type ImageScore, type ImageSource, isClipScorer, type PromptedImage } from "@pickapic/pickscore/scoring";
import { JudgeError } from "../errors.ts";
import { BATCH_SETTINGS, type Batches, type BatchReport, type BatchSettings, openBatches, PROCESSOR_BATCHES } from "./batches.ts";
import type { JudgeCalibration } from "./calibration.ts";
import type { JudgedImages, JudgeFacts } from "./judged.ts";
import { type RankedImages, rankedImages } from "./ranked.ts";

/** How a judge is opened. */
export interface JudgeOptions {
  /** Device, threads, pixels and timeouts of the scorer. */
  readonly scorer?: NamedScorerOptions;
  /** How scores become probabilities; null: they are uncalibrated. */
  readonly calibration?: JudgeCalibration | null;
  /** How images are collected into batches; what is absent depends on the scorer's device. */
  readonly batches?: { readonly [K in keyof BatchSettings]?: BatchSettings[K] | undefined };
  /** Called after each batch, for metrics. */
  readonly onBatch?: (report: BatchReport) => void;
}

/** Judges images for many callers at once. */
export interface Judge {
  /** The scorer that judges now, with its calibration. */
  readonly facts: JudgeFacts;
  /** Images that wait now. */
  readonly waiting: number;
  /**
   * Scores images, each under its own prompt.
   * @param caller takes turns with the other callers
   * @throws JudgeError PICKAPIC_JUDGE_BUSY, PICKAPIC_JUDGE_SCORER_FAILED, PICKAPIC_JUDGE_CLOSED; the reason of the signal
   */
  judge(images: readonly PromptedImage[], caller?: string, signal?: AbortSignal): Promise<JudgedImages>;
  /** Ranks the images of one prompt, best first, with the probability that a person prefers each among all. @throws as `judge` */
  rank(prompt: string, images: readonly ImageSource[], caller?: string): Promise<RankedImages>;
  /**
   * Exchanges the scorer, and its calibration with it. The new one is loaded and has scored a picture before it takes over; questions that have arrived
   * are answered by the scorer that they arrived for. When the new one cannot be loaded, the old one goes on.
   * @throws JudgeError PICKAPIC_JUDGE_SWAPPING, PICKAPIC_JUDGE_SWAP, PICKAPIC_JUDGE_CALIBRATION_OTHER, PICKAPIC_JUDGE_CLOSED
   */
  swap(scorer: string, calibration?: JudgeCalibration | null): Promise<JudgeFacts>;
  /** Answers the questions that have arrived, refuses others, and closes the scorer. */
  close(): Promise<void>;
}

/** A scorer with the queue in front of it. */
interface LoadedScorer {
  readonly facts: JudgeFacts;
  readonly batches: Batches;
  readonly scorer: NamedScorer;
}

/**
 * Opens a judge.
 * @param scorer any name that `pickapic score --scorer` takes: docs/scorers.md lists the kinds
 * @throws JudgeError PICKAPIC_JUDGE_CALIBRATION_OTHER; PickScoreError and ClipError when the scorer cannot be opened
 */
export async function openJudge(scorer: string, options: JudgeOptions = {}): Promise<Judge> {
  let loaded = await loadScorer(scorer, options.calibration ?? null, options);
  let closed = false;
  let coming: string | null = null;
  const retired = new Set<Promise<void>>();
  const judge: Judge["judge"] = async (images, caller = "", signal) => {
    if (closed) throw new JudgeError("PICKAPIC_JUDGE_CLOSED");
    const { facts, batches } = loaded;
    return { facts, ...(await batches.score(images, caller, signal)) };
  };
  return {
    get facts() {
      return loaded.facts;
    },
    get waiting() {
      return loaded.batches.waiting;
    },
    judge,
    rank: async (prompt, images, caller) =>
      rankedImages(
        await judge(
          images.map((image) => ({ prompt, image })),
          caller,
        ),
      ),
    async swap(name, calibration = null) {
      if (closed) throw new JudgeError("PICKAPIC_JUDGE_CLOSED");
      if (coming !== null) throw new JudgeError("PICKAPIC_JUDGE_SWAPPING", coming);
      coming = name;
      const old = loaded;
      const next = await loadInstead(name, calibration, old.facts.scorer, options).finally(() => {
        coming = null;
      });
      if (closed) {
        await next.scorer.close();
        throw new JudgeError("PICKAPIC_JUDGE_CLOSED");
      }
      loaded = next;
      const leaving = retire(old).finally(() => retired.delete(leaving));
      retired.add(leaving);
      return next.facts;
    },
    async close() {
      closed = true;
      await Promise.all([retire(loaded), ...retired]);
    },
  };
}

async function loadScorer(name: string, calibration: JudgeCalibration | null, options: JudgeOptions): Promise<LoadedScorer> {
  const scorer = await openNamedScorer(name, { niceness: NICENESS, ...options.scorer });
  try {
    const facts = { scorer: name, identity: await scorer.identify(), calibration };
    if (calibration && calibration.identity !== facts.identity)
      throw new JudgeError(
        "PICKAPIC_JUDGE_CALIBRATION_OTHER",
        `${calibration.scorer} (${calibration.identity})`,
        `${name} (${facts.identity})`,
      );
    await warm(scorer);
    const batches = openBatches((images) => scorePairs(scorer, images), batchSettings(scorer, options.batches), options.onBatch);
    return { facts, scorer, batches };
  } catch (error) {
    await scorer.close();
    throw error;
  }
}

/** The settings that were chosen, and the defaults of the scorer's device for the others. */
function batchSettings(scorer: NamedScorer, chosen: JudgeOptions["batches"] = {}): BatchSettings {
  const isOnProcessor = isClipScorer(scorer) && scorer.device === "cpu";
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  return { ...BATCH_SETTINGS, ...(isOnProcessor ? PROCESSOR_BATCHES : {}), ...given };
}

/** Loads the scorer that is to take over from `old`. Its failure says that `old` goes on. */
async function loadInstead(name: string, calibration: JudgeCalibration | null, old: string, options: JudgeOptions) {
  try {
    return await loadScorer(name, calibration, options);
  } catch (error) {
    if (error instanceof JudgeError) throw error;
    throw new JudgeError("PICKAPIC_JUDGE_SWAP", name, old, messageOf(error)).because(error);
  }
}

/**
 * The niceness of the scoring process of a model: it has a lower priority than the process that answers. Scoring takes every core, and the process that
 * answers needs one for a moment to read a question or to send a reply. With equal priority it would wait until the scorer's threads have had their turns.
 */
const NICENESS = 5;

/** A grey picture of 1 x 1 px. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQImWNoaGgAAAMEAYEezv+mAAAAAElFTkSuQmCC",
  "base64",
);
/** The sizes of batches for which a model is made ready. */
const WARM_SIZES = [1, 8];

/** Lets a model score pictures, so that the first question does not wait for what a model prepares at its first call. Servers and commands are not called: they may cost money. */
async function warm(scorer: NamedScorer): Promise<void> {
  if (!isClipScorer(scorer)) return;
  for (const size of WARM_SIZES) await scorer.score("a picture", Array<Uint8Array>(size).fill(PNG));
}

/** Scores a batch. A scoring process that died is started anew by the second try, so that its death costs no question. */
async function scorePairs(scorer: NamedScorer, images: readonly PromptedImage[]): Promise<ImageScore[]> {
  const attempt = () => scorer.scorePairs(images);
  try {
    return await attempt().catch((error: unknown) => {
      if (codeOf(error) !== "PICKAPIC_SCORER_DIED") throw error;
      return attempt();
    });
  } catch (error) {
    throw new JudgeError("PICKAPIC_JUDGE_SCORER_FAILED", scorer.name, messageOf(error)).because(error);
  }
}

/** Closes a scorer when its last question is answered. */
async function retire({ batches, scorer }: LoadedScorer): Promise<void> {
  await batches.idle();
  await scorer.close();
}
