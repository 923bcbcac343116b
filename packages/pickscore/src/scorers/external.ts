/** @file Scorers outside this program, which answer whole batches and may fail: a server, a command, a function of the user. */
import { messageOf } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import type { ImageScore, PromptedImage } from "../score/imageResult.ts";

/** The reply of a scorer for one image: a score, or why there is none. */
export type ScoreReply = number | { readonly error: string };

/** Asks for the scores of a batch: one answer per item, in order. Rejects when the whole call failed. */
export type Ask<Item = PromptedImage> = (batch: readonly Item[]) => Promise<readonly ScoreReply[]>;

/** How batches are asked for. */
export interface AskSettings {
  /** The scorer, for messages. */
  readonly name: string;
  /** Most images of a batch; default 16. */
  readonly batch?: number | undefined;
  /** When it is aborted, the next failure ends the work. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the reason for each failed call after its images were asked for again, one at a time. */
  readonly onRepeat?: ((reason: string) => void) | undefined;
}

/** After this many failed calls in a row, the scorer is not called again. */
const MOST_FAILED_CALLS = 3;

/**
 * Asks in batches. When a call fails, its images are asked for one at a time, so that only the image at fault stays without a score.
 * Calls that are under way at the same time fail together for one reason, so that they count as one: two batches with an image at
 * fault in each are no sign that the scorer is gone.
 * @throws {PickScoreError} PICKAPIC_SCORER_GAVE_UP after three failed calls in a row, and from then on without another call;
 * PICKAPIC_SCORER_REPLY at once, for a reply that breaks the protocol
 */
export function inBatches<Item>(
  ask: Ask<Item>,
  { name, batch = 16, signal, onRepeat }: AskSettings,
): (items: readonly Item[]) => Promise<ImageScore[]> {
  let failedCalls = 0;
  let counted = 0;
  let gaveUp: PickScoreError | undefined;
  const scoreBatch = async (pairs: readonly Item[]): Promise<ImageScore[]> => {
    if (gaveUp) throw gaveUp;
    const countedBefore = counted;
    try {
      const answers = await ask(pairs);
      if (answers.length !== pairs.length)
        throw new PickScoreError(
          "PICKAPIC_SCORER_REPLY",
          name,
          `one score for each of ${pairs.length} images`,
          `${answers.length}`,
        );
      failedCalls = 0;
      return answers.map((answer) => scoreOf(answer, name));
    } catch (error) {
      if (signal?.aborted || (error instanceof PickScoreError && error.code !== "PICKAPIC_SCORER_TIMEOUT")) throw error;
      // A failure that came while this call was under way is the same one.
      if (counted === countedBefore) {
        counted++;
        failedCalls++;
      }
      if (failedCalls >= MOST_FAILED_CALLS)
        gaveUp ??= new PickScoreError("PICKAPIC_SCORER_GAVE_UP", name, failedCalls, messageOf(error)).because(error);
      if (gaveUp) throw gaveUp;
      if (pairs.length === 1) return [failure(name, messageOf(error))];
      const repeated = await oneByOne(pairs);
      onRepeat?.(messageOf(error));
      return repeated;
    }
  };
  const oneByOne = async (pairs: readonly Item[]): Promise<ImageScore[]> => {
    const results: ImageScore[] = [];
    for (const pair of pairs) results.push(...(await scoreBatch([pair])));
    return results;
  };
  return async (pairs) => {
    const results: ImageScore[] = [];
    for (let start = 0; start < pairs.length; start += batch)
      results.push(...(await scoreBatch(pairs.slice(start, start + batch))));
    return results;
  };
}

/** A score that is no finite number is a failure: nothing can be ranked by it. */
function scoreOf(answer: ScoreReply, name: string): ImageScore {
  if (typeof answer !== "number") return failure(name, answer.error);
  return Number.isFinite(answer) ? { score: answer } : failure(name, `the score is ${answer}`);
}

const failure = (name: string, reason: string): ImageScore => ({
  code: "PICKAPIC_SCORER_FAILED",
  message: new PickScoreError("PICKAPIC_SCORER_FAILED", name, reason).message,
});

/**
 * Rejects when `work` takes longer than `timeoutMs` or when the caller's signal is aborted. `work` gets a signal that ends with both.
 * @throws {PickScoreError} PICKAPIC_SCORER_TIMEOUT; the reason of the caller's signal
 */
export async function withinTime<T>(
  name: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const ended = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    reject(reason);
    ended.abort(reason);
  };
  const stop = () => end(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const late = setTimeout(() => end(new PickScoreError("PICKAPIC_SCORER_TIMEOUT", name, timeoutMs / 1000)), timeoutMs);
  try {
    return await Promise.race([work(ended.signal), promise]);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", stop);
  }
}
