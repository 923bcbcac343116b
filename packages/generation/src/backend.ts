/** @file What a text-to-image backend is: a name, the models it offers, and one method. */

import { GenerationError } from "./errors.ts";
import type { PromptTemplate } from "./templates.ts";

/**
 * Everything on which an image depends. The same request to the same backend gives the same image, if the backend has every
 * setting. A setting that the backend does not have, or that is left to it, is null: it is never invented.
 */
export interface GenerationRequest {
  prompt: string;
  negativePrompt: string | null;
  /** Name of one of the backend's models. */
  model: string;
  /** 0 ... 2^31 - 1 */
  seed: number | null;
  guidanceScale: number | null;
  steps: number | null;
  /** px */
  width: number | null;
  /** px */
  height: number | null;
  /** Which of the pictures that were made earlier is meant, for a backend that has such. */
  picture?: number;
}

/** A request with all its settings, for a backend that has them all. */
export type CompleteRequest = { [K in Exclude<keyof GenerationRequest, "picture">]: NonNullable<GenerationRequest[K]> };

/**
 * Returns the request if none of its settings is null.
 * @throws GenerationError PICKAPIC_REQUEST_INVALID, with the names of the missing settings
 */
export function completeRequest(request: GenerationRequest): CompleteRequest {
  const { prompt, negativePrompt, model, seed, guidanceScale, steps, width, height } = request;
  if (negativePrompt !== null && seed !== null && guidanceScale !== null && steps !== null && width !== null && height !== null)
    return { prompt, negativePrompt, model, seed, guidanceScale, steps, width, height };
  const missing = Object.entries(request).flatMap(([name, value]) => (value === null ? [name] : []));
  throw new GenerationError("PICKAPIC_REQUEST_INVALID", missing.join(", "), "this backend needs a value, and null came");
}

/** Settings that a backend reports after it has made an image. What it does not tell is absent. */
export interface UsedSettings {
  seed?: number;
  guidanceScale?: number;
  steps?: number;
  scheduler?: string;
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
  /** What the backend says that it used, where the request left it open or the backend did not follow it. */
  used?: UsedSettings;
  /** Price of the image in the currency of models.yaml. Absent when no price is known. */
  price?: number;
  /**
   * May be called once the bytes are no longer read: a backend of raw pixels then uses their memory again, which spares the caller
   * the collection of a large array per image. The bytes must not be read after it.
   */
  release?(): void;
}

/** What makes a model of a backend a ranked entry. */
export interface RankedEntry {
  /** Name of the model that makes the images. */
  base: string;
  /** Number of images that are made for each one that is shown, 2 to 100. */
  n: number;
  /** Name of the scorer that picks, as `pickapic score --scorer` takes it. Default: the scorer of the app. */
  scorer?: string;
  /** The n images take these in turn. Default: each is made as the other images of the model are, with one of the model's own templates. */
  templates?: readonly PromptTemplate[];
  /** Stop before n when one more image is not expected to gain more than this, as in BestOfSettings. Default: all n are made. */
  patience?: number;
}

/** A text-to-image model that a backend offers, with the settings that suit it. */
export interface BackendModel {
  name: string;
  /** What to print for the model. Default: its name. */
  title?: string;
  /** The usual number of denoising steps. Null: the backend decides, or has none. */
  steps: number | null;
  /** Null: the backend decides, or has none. */
  scheduler: string | null;
  /** The usual width, px. Null: the backend decides. */
  width: number | null;
  /** The usual height, px. Null: the backend decides. */
  height: number | null;
  /** The guidance scale of each image is uniform in this range. Null: the backend has none. Default: GUIDANCE_RANGE. */
  guidance?: readonly [low: number, high: number] | null;
  /** False: the backend takes no seed, so that an image cannot be repeated. Default: true. */
  hasSeed?: boolean;
  /** Default: true. */
  hasNegativePrompt?: boolean;
  /** How often the model is drawn, relative to the others: 2 is twice as often as 1. 0: never. Default: 1. */
  weight?: number;
  /** One of these is drawn for each image, equally likely. Default: the prompt as it is. */
  templates?: readonly PromptTemplate[];
  /** For pictures that were made earlier: which there are. The model is drawn only for their prompts, and each picture once in a round. */
  pictures?: MadeEarlier;
  /** What the model may make on one day (UTC). Default: as much as is asked for. A ranked entry shares the limit of the model that makes its images. */
  perDay?: DailyLimit;
  /**
   * Set for a ranked entry: each of its images is the best of n of another model of the backend. The backend makes no image under the name of the entry: the
   * caller asks it for the n images, and picks. Default: every image that is made is shown.
   */
  ranked?: RankedEntry;
}

/** Pictures that were made earlier, by numbers. */
export interface MadeEarlier {
  /** The prompts of all pictures, each once. */
  readonly prompts: readonly string[];
  /** The numbers of the pictures of a prompt; none for a prompt that no picture was made for. */
  of(prompt: string): readonly number[];
}

/** What a model may make on one day (UTC). */
export interface DailyLimit {
  /** Number of images. */
  images: number;
  /** Why there is a limit, for messages: "200 images" or "5 (price of 125 images)". */
  reason: string;
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
  /** Images that it makes at the same time. It lets further ones wait. Default: 1. */
  readonly concurrency?: number;
  generate(request: GenerationRequest, options?: GenerateOptions): Promise<GeneratedImage>;
  /**
   * Asks whether the backend can be reached and has the model, without making an image, and returns what was found as one
   * sentence. Absent where nothing can go wrong.
   * @throws GenerationError that says what is wrong
   */
  check?(signal: AbortSignal): Promise<string>;
  /** Ends what the backend started, such as a program. */
  close?(): Promise<void>;
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
