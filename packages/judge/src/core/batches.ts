/**
 * @file Collects the images of many callers into batches of the scorer. Callers take turns, image by image, so that a caller with a thousand
 * images delays a caller with one by a single batch.
 */
import { itemAt } from "@pickapic/errors";
import type { ImageScore, PromptedImage } from "@pickapic/pickscore/scoring";
import { JudgeError } from "../errors.ts";

/** How images are collected. Everything has a bound. */
export interface BatchSettings {
  /** Most images of a batch. */
  readonly batchImages: number;
  /**
   * The longest time, ms, that an image waits for others to fill its batch while the scorer could take it. It waits only while another batch is under
   * way: a scorer with nothing to do takes what there is.
   */
  readonly longestWaitMs: number;
  /** Batches that the scorer has at the same time: the pictures of one are decoded while another is computed. */
  readonly batchesAtOnce: number;
  /** Images that may wait, of all callers. */
  readonly mostWaiting: number;
  /** Images of one caller that may wait. */
  readonly mostWaitingPerCaller: number;
}

/** The defaults of `BatchSettings`. The command `pickapic score` gives its scorer as many images at a time. */
export const BATCH_SETTINGS: BatchSettings = {
  batchImages: 32,
  longestWaitMs: 2,
  batchesAtOnce: 3,
  mostWaiting: 8_192,
  mostWaitingPerCaller: 2_048,
};

/**
 * The defaults for a model on the processor, which computes no faster with more than 8 images: small batches that come back one after the other send
 * fewer replies at the same moment, so that a reply, and the caller's next question, wait less for each other.
 */
export const PROCESSOR_BATCHES: Pick<BatchSettings, "batchImages" | "batchesAtOnce"> = { batchImages: 8, batchesAtOnce: 6 };

/** What came of the images of one question. */
export interface BatchedScores {
  /** One result for each image, in order. */
  readonly results: ImageScore[];
  /** ms from the arrival until the scorer had taken the last image. */
  readonly waitedMs: number;
  /** Of `waitedMs`, the ms in which the scorer could have taken them: they waited for others to fill their batch. */
  readonly fillMs: number;
  /** ms in which the scorer had images of this question. */
  readonly computedMs: number;
}

/** A batch that is done, for metrics. */
export interface BatchReport {
  readonly images: number;
  readonly computedMs: number;
}

/** Gives images of many callers to one scorer. */
export interface Batches {
  /** Images that wait now. */
  readonly waiting: number;
  /**
   * Scores images, in turns with the images of other callers.
   * @param signal takes images that still wait out of the queue and rejects with its reason
   * @throws JudgeError PICKAPIC_JUDGE_BUSY; whatever the scorer throws
   */
  score(images: readonly PromptedImage[], caller: string, signal?: AbortSignal): Promise<BatchedScores>;
  /** Resolves when no image waits and no batch is under way. */
  idle(): Promise<void>;
}

/** The images of one question. */
interface Question {
  readonly images: readonly PromptedImage[];
  readonly results: ImageScore[];
  readonly arrivedAt: number;
  /** ms in which the scorer had had room, when the question arrived, and when its last image was taken. */
  readonly roomAtArrival: number;
  roomAtLast: number;
  readonly settle: { resolve(scores: BatchedScores): void; reject(reason: unknown): void };
  /** Images that no batch has taken yet start here. */
  next: number;
  done: number;
  firstTakenAt: number;
  lastTakenAt: number;
}

/** A batch: from each question, a run of its images. */
type Batch = { question: Question; index: number }[];

/**
 * Opens the queue in front of a scorer.
 * @param onBatch called after each batch
 * @param now a monotonic clock, ms
 */
export function openBatches(
  scorePairs: (images: readonly PromptedImage[]) => Promise<ImageScore[]>,
  settings: BatchSettings = BATCH_SETTINGS,
  onBatch: (report: BatchReport) => void = () => {},
  now: () => number = () => performance.now(),
): Batches {
  return new FairBatches(scorePairs, settings, onBatch, now);
}

class FairBatches implements Batches {
  /** Questions with images that wait, by caller. The first caller is next. */
  readonly #queues = new Map<string, Question[]>();
  readonly #scorePairs: (images: readonly PromptedImage[]) => Promise<ImageScore[]>;
  readonly #settings: BatchSettings;
  readonly #onBatch: (report: BatchReport) => void;
  readonly #now: () => number;
  #waiting = 0;
  #underWay = 0;
  #roomBefore = 0;
  /** Since when the scorer has had room for a batch; null while it has none. */
  #roomSince: number | null;
  #timer: NodeJS.Timeout | undefined;
  #onIdle: (() => void)[] = [];

  constructor(
    scorePairs: (images: readonly PromptedImage[]) => Promise<ImageScore[]>,
    settings: BatchSettings,
    onBatch: (report: BatchReport) => void,
    now: () => number,
  ) {
    this.#scorePairs = scorePairs;
    this.#settings = settings;
    this.#onBatch = onBatch;
    this.#now = now;
    this.#roomSince = now();
  }

  get waiting(): number {
    return this.#waiting;
  }

  async score(images: readonly PromptedImage[], caller: string, signal?: AbortSignal): Promise<BatchedScores> {
    signal?.throwIfAborted();
    if (images.length === 0) return { results: [], waitedMs: 0, fillMs: 0, computedMs: 0 };
    this.#checkRoom(images.length, caller);
    const { promise, resolve, reject } = Promise.withResolvers<BatchedScores>();
    const arrivedAt = this.#now();
    const question: Question = {
      images,
      results: [],
      arrivedAt,
      roomAtArrival: this.#roomMs(),
      roomAtLast: 0,
      settle: { resolve, reject },
      next: 0,
      done: 0,
      firstTakenAt: arrivedAt,
      lastTakenAt: arrivedAt,
    };
    const queue = this.#queues.get(caller);
    if (queue) queue.push(question);
    else this.#queues.set(caller, [question]);
    this.#waiting += images.length;
    const leave = () => this.#fail(question, signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    this.#dispatch();
    return promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  async idle(): Promise<void> {
    if (this.#waiting + this.#underWay === 0) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #checkRoom(count: number, caller: string): void {
    const { mostWaiting, mostWaitingPerCaller } = this.#settings;
    const own = (this.#queues.get(caller) ?? []).reduce((sum, { images, next }) => sum + images.length - next, 0);
    if (own + count > mostWaitingPerCaller && own > 0)
      throw new JudgeError("PICKAPIC_JUDGE_BUSY", "This caller", mostWaitingPerCaller);
    if (this.#waiting + count > mostWaiting && this.#waiting > 0)
      throw new JudgeError("PICKAPIC_JUDGE_BUSY", "All callers together", mostWaiting);
  }

  /** Starts batches while the scorer may take one, and it has none, a full one waits, or the oldest image has waited long enough. */
  #dispatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { batchImages, longestWaitMs, batchesAtOnce } = this.#settings;
    while (this.#waiting > 0 && this.#underWay < batchesAtOnce) {
      const mayWait = this.#underWay > 0 && this.#waiting < batchImages;
      const leftMs = mayWait ? this.#oldest() + longestWaitMs - this.#now() : 0;
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#dispatch(), leftMs);
        return;
      }
      this.#run(this.#take());
    }
  }

  #oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const [question] of this.#queues.values()) oldest = Math.min(oldest, question?.arrivedAt ?? oldest);
    return oldest;
  }

  /** Takes the images of the next batch: one of each caller in turn. */
  #take(): Batch {
    const batch: Batch = [];
    while (batch.length < this.#settings.batchImages && this.#waiting > 0) {
      const [first] = this.#queues;
      if (!first) break;
      const [caller, queue] = first;
      const question = itemAt(queue, 0);
      batch.push({ question, index: question.next });
      if (question.next === 0) question.firstTakenAt = this.#now();
      question.next++;
      this.#waiting--;
      // A map keeps its order of insertion: a caller that is set anew is the last.
      this.#queues.delete(caller);
      if (question.next === question.images.length) {
        question.lastTakenAt = this.#now();
        question.roomAtLast = this.#roomMs();
        queue.shift();
      }
      if (queue.length > 0) this.#queues.set(caller, queue);
    }
    return batch;
  }

  /** ms in which the scorer could have taken a batch, since the queue was opened. */
  #roomMs(): number {
    return this.#roomBefore + (this.#roomSince === null ? 0 : this.#now() - this.#roomSince);
  }

  /** Counts a batch that begins (1) or ends (-1). */
  #count(change: 1 | -1): void {
    this.#roomBefore = this.#roomMs();
    this.#underWay += change;
    this.#roomSince = this.#underWay < this.#settings.batchesAtOnce ? this.#now() : null;
  }

  #run(batch: Batch): void {
    this.#count(1);
    const startedAt = this.#now();
    this.#scorePairs(batch.map(({ question, index }) => itemAt(question.images, index)))
      .then(
        (results) => this.#finish(batch, results),
        (reason: unknown) => {
          for (const { question } of batch) this.#fail(question, reason);
        },
      )
      .finally(() => {
        this.#count(-1);
        this.#onBatch({ images: batch.length, computedMs: this.#now() - startedAt });
        this.#dispatch();
        this.#tellIdle();
      });
  }

  #finish(batch: Batch, results: readonly ImageScore[]): void {
    for (const [i, { question, index }] of batch.entries()) {
      question.results[index] = itemAt(results, i);
      question.done++;
      if (question.done < question.images.length) continue;
      const { arrivedAt, firstTakenAt, lastTakenAt, roomAtArrival, roomAtLast } = question;
      const times = {
        waitedMs: lastTakenAt - arrivedAt,
        fillMs: roomAtLast - roomAtArrival,
        computedMs: this.#now() - firstTakenAt,
      };
      question.settle.resolve({ results: question.results, ...times });
    }
  }

  /** Rejects a question, once, and takes its images out of the queue. */
  #fail(question: Question, reason: unknown): void {
    question.settle.reject(reason);
    for (const [caller, queue] of this.#queues) {
      const at = queue.indexOf(question);
      if (at < 0) continue;
      this.#waiting -= question.images.length - question.next;
      queue.splice(at, 1);
      if (queue.length === 0) this.#queues.delete(caller);
    }
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#waiting + this.#underWay > 0) return;
    const told = this.#onIdle;
    this.#onIdle = [];
    for (const tell of told) tell();
  }
}
