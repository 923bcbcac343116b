/** @file Has a backend make one picture, within a time, and encodes it as it is stored. */
import type { Backend, GeneratedImage, GenerationRequest, UsedSettings } from "@pickapic/generation";
import type { RankedPick } from "../api.ts";
import type { Database } from "../database/database.ts";
import { encodeGenerated } from "../images/encode.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { Scorers } from "./scorers.ts";

/** What making a picture needs from outside. */
export interface MakeEffects {
  db: Database;
  settings: Pick<ResolvedSettings, "backends" | "generationTimeoutMs" | "random">;
  scorers: Scorers;
  /** Is told the finished fraction, 0...1. */
  onProgress(fraction: number): void;
  /** Called when the backend has delivered and is free for the next image. */
  onDelivered?(): void;
}

/** A picture as it is stored, and what is known of how it was made. */
export interface MadePicture {
  /** A JPEG. */
  bytes: Uint8Array;
  /** px */
  width: number;
  height: number;
  warnings: readonly string[];
  /** What the backend used, where it tells or the request left it open. */
  used?: UsedSettings;
  /** What all images that were made for it cost. */
  price?: number;
  /** For the best-of-n page: its score. */
  score?: number;
  /** For a ranked entry: how it was picked. */
  picked?: Picked;
}

/** How the picture of a ranked entry was picked, and the words that the backend got for it. */
export interface Picked {
  pick: RankedPick;
  /** Null where it is the prompt of the round. */
  askedPrompt: string | null;
  /** Null where the backend has none. */
  askedNegativePrompt: string | null;
}

/** Generates one image within a timeout in ms, even if the backend ignores its signal. */
export function generateWithin(
  timeoutMs: number,
  backend: Backend,
  request: GenerationRequest,
  { signal, onProgress }: { signal: AbortSignal; onProgress(fraction: number): void },
): Promise<GeneratedImage> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return orAborted(both, backend.generate(request, { signal: both, onProgress, acceptsPixels: true }));
}

/** Returns a generated image as it is stored, and frees its pixels. */
export async function encoded(generated: GeneratedImage): Promise<MadePicture> {
  const { bytes, width, height } = await encodeGenerated(generated);
  generated.release?.();
  const { warnings, used, price } = generated;
  return { bytes, width, height, warnings, ...(used && { used }), ...(price !== undefined && { price }) };
}

/** Settles like `work`, but rejects as soon as the signal is aborted: a backend that ignores the signal must not occupy the worker. */
function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((done, failed) => {
    const abort = () => failed(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(done, failed).finally(() => signal.removeEventListener("abort", abort));
  });
}
