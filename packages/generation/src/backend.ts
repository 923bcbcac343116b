/** @file What a text-to-image backend is: a name, the models it offers, and one method. */

import { GenerationError } from "./errors.ts";

/** Everything on which an image depends. The same request to the same backend gives the same image. */
export interface GenerationRequest {
  prompt: string;
  negativePrompt: string;
  /** Name of one of the backend's models. */
  model: string;
  /** 0 ... 2^31 - 1 */
  seed: number;
  guidanceScale: number;
  steps: number;
  /** px */
  width: number;
  /** px */
  height: number;
}

/** The media type of raw pixels: [height, width, 3], rows from the top, 0...255, in sRGB. */
export const RAW_PIXELS = "image/x-rgb";

/** An image as a backend returns it. */
export interface GeneratedImage {
  /** An encoded PNG, WebP or JPEG; or raw pixels, for a caller that accepts them. */
  bytes: Uint8Array;
  /** Such as image/png, or RAW_PIXELS. */
  mediaType: string;
  /** px */
  width: number;
  /** px */
  height: number;
  /** One sentence for each setting that the backend did not follow. */
  warnings: readonly string[];
  /**
   * May be called once the bytes are no longer read: a backend of raw pixels then uses their memory again, which spares the caller
   * the collection of a large array per image. The bytes must not be read after it.
   */
  release?(): void;
}

/** A text-to-image model that a backend offers, with the settings that suit it. */
export interface BackendModel {
  name: string;
  /** What to print for the model. Default: its name. */
  title?: string;
  /** The usual number of denoising steps. */
  steps: number;
  scheduler: string;
  /** The usual width, px. */
  width: number;
  /** The usual height, px. */
  height: number;
}

/** What a caller may ask of a backend besides the image: to stop, to say how far it is, or not to encode. */
export interface GenerateOptions {
  signal?: AbortSignal;
  /** Called with the finished fraction, 0...1, rising. */
  onProgress?: (fraction: number) => void;
  /** The caller encodes images itself: a backend that has raw pixels may return them as they are, so that no image is encoded twice. Default: false. */
  acceptsPixels?: boolean;
}

/** A source of images: a text-to-image server, or the toy world. A request names one of its models. */
export interface Backend {
  readonly name: string;
  readonly models: readonly BackendModel[];
  /** True when its images come from a simulation, so that pages and reports can say so. */
  readonly simulated: boolean;
  generate(request: GenerationRequest, options?: GenerateOptions): Promise<GeneratedImage>;
}

/** A model, and the backend that offers it. */
export interface Offer {
  backend: Backend;
  model: BackendModel;
}

/** Lists all models of all backends, in order. */
export function offers(backends: readonly Backend[]): Offer[] {
  return backends.flatMap((backend) => backend.models.map((model) => ({ backend, model })));
}

/**
 * Finds the backend that offers `model`.
 * @throws GenerationError PICKAPIC_MODEL_UNKNOWN, with the names on offer
 */
export function findOffer(backends: readonly Backend[], model: string): Offer {
  const all = offers(backends);
  const found = all.find((offer) => offer.model.name === model);
  if (found) return found;
  const names = all.map((offer) => offer.model.name).join(", ") || "none";
  throw new GenerationError("PICKAPIC_MODEL_UNKNOWN", model, names);
}
