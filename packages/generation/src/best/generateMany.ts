/** @file Generates many images with one backend, as many at the same time as it makes, and hands each over as it comes. */

import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "@pickapic/errors";
import type { Backend, GeneratedImage } from "../backend.ts";
import { retryAfterOf } from "../http/retryAfter.ts";
import type { Arrival } from "./bestSoFar.ts";
import type { PlannedImage } from "./plan.ts";

/** An image that was generated, and what it was generated from. */
export interface MadeImage extends PlannedImage {
  image: GeneratedImage;
  /** Time from the request to the picture, with the time for which the backend let it wait, ms. */
  generationMs: number;
}

/** How many images are generated. */
export interface ManySettings {
  backend: Backend;
  signal?: AbortSignal | undefined;
  /** Asked before each image: true starts no further one. Images that are under way are still handed over. Default: never. */
  isEnough?: () => boolean;
  /** Waits before a busy or resting backend is asked again. Default: the time passes. */
  pause?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** A monotonic clock, ms. Default: performance.now. */
  now?: () => number;
}

/** Times that a backend which names a time to wait is asked for one image. */
const MOST_TRIES = 3;
/** The longest time that is waited before a backend is asked again, ms. */
const LONGEST_PAUSE_MS = 120_000;
/** After this number of failures in a row, and twice the number of images that are made at the same time, no further image is started. */
const FAILURES_IN_A_ROW = 10;

/**
 * Generates images in the order of their plans, and yields each as soon as it is there or has failed. A slot that an image leaves is filled again when the caller
 * asks for the next one. A backend that is busy or rests is waited for; when images fail many times in a row, the ones that were not started are left out.
 * @throws the reason of the signal when it is aborted
 */
export async function* generateMany(
  plans: readonly PlannedImage[],
  { backend, signal, isEnough = () => false, pause = pauseFor, now = () => performance.now() }: ManySettings,
): AsyncGenerator<Arrival<MadeImage>> {
  const { concurrency = 1 } = backend;
  const arrived: Arrival<MadeImage>[] = [];
  let [started, running, failedInARow] = [0, 0, 0];
  let wake = () => {};
  const hasRoom = () => running + arrived.length < concurrency && started < plans.length;
  const goesOn = () => failedInARow < Math.max(FAILURES_IN_A_ROW, 2 * concurrency) && !isEnough();
  const start = async (index: number, plan: PlannedImage) => {
    running++;
    arrived.push(await arrivalOf(index, plan, { backend, signal, pause, now }));
    running--;
    wake();
  };
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      for (let plan = plans[started]; plan && hasRoom() && goesOn(); plan = plans[started]) void start(started++, plan);
      const next = arrived.shift();
      if (next) {
        failedInARow = "failure" in next ? failedInARow + 1 : 0;
        yield next;
      } else if (running === 0) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

type Making = Required<Pick<ManySettings, "backend" | "pause" | "now">> & Pick<ManySettings, "signal">;

/** Generates one image. Never rejects. */
async function arrivalOf(index: number, plan: PlannedImage, making: Making): Promise<Arrival<MadeImage>> {
  const started = making.now();
  try {
    const image = await patiently(plan, making);
    return { index, image: { ...plan, image, generationMs: making.now() - started } };
  } catch (error) {
    return { index, failure: messageOf(error) };
  }
}

async function patiently({ request }: PlannedImage, { backend, signal, pause }: Making): Promise<GeneratedImage> {
  for (let tries = 1; ; tries++) {
    try {
      return await backend.generate(request, { signal });
    } catch (error) {
      const afterMs = retryAfterOf(error);
      if (afterMs === null || tries === MOST_TRIES) throw error;
      await pause(Math.min(afterMs, LONGEST_PAUSE_MS), signal);
    }
  }
}

const pauseFor = (ms: number, signal: AbortSignal | undefined) => wait(ms, undefined, { signal });
