/** @file Scores of images under a prompt, computed in this process: T cos(text, image) with the T that was learned. */
import { basename } from "node:path";
import { decodePixels, type Encoder, openCheckpoint, openEncoder, type Processor, preprocess } from "@pickapic/clip";
import type { Device } from "@pickapic/graph";
import { PickScoreError } from "./errors.ts";
import { LeastRecentlyUsed } from "./lru.ts";
import { modelFolder } from "./models.ts";
import { packError } from "./protocol.ts";
import { dot } from "./vectors.ts";

/** A path, or the bytes of an encoded image. */
export type ImageSource = string | Uint8Array;

export interface ImageFailure {
  code: string;
  /** One sentence for the user. */
  message: string;
}

export type ImageScore = { score: number } | ImageFailure;

export interface Scorer {
  /** The model that scores. */
  readonly name: string;
  /**
   * One score per image, T cos(text, image), about -100 ... 100; comparable within one prompt only.
   * @throws {PickScoreError} PICKAPIC_IMAGE_UNREADABLE for the first image that cannot be read
   */
  score(prompt: string, images: readonly ImageSource[]): Promise<number[]>;
  /** The same, with a reason in the place of each image that cannot be read. */
  scoreEach(prompt: string, images: readonly ImageSource[]): Promise<ImageScore[]>;
  /** Unit vectors, one per text. */
  embedTexts(texts: readonly string[]): Promise<Float32Array[]>;
  /** Unit vectors, one per image. @throws {PickScoreError} PICKAPIC_IMAGE_UNREADABLE */
  embedImages(images: readonly ImageSource[]): Promise<Float32Array[]>;
  /** Frees everything; twice is fine. */
  close(): Promise<void>;
}

export interface ScorerOptions {
  /** 0: as many as the machine has cores. */
  threads?: number;
  /** "cpu" by default; "auto" takes the fastest that starts. */
  device?: Device;
}

/** Texts whose embedding is remembered: a few kB each. */
const REMEMBERED_TEXTS = 1000;
/** Images that are in memory as pixels at the same time. */
const IMAGES_AT_ONCE = 16;

/**
 * Opens a model in this process. Each call blocks the event loop while it computes: a server wants `openScorer`.
 * @param model "pickscore-toy", "clip-toy", or a folder in Hugging Face layout
 * @throws {PickScoreError} PICKAPIC_MODEL_UNKNOWN, PICKAPIC_MODEL_BROKEN; ClipError for a broken checkpoint
 */
export async function loadScorer(model: string, options: ScorerOptions = {}): Promise<Scorer> {
  const checkpoint = await openCheckpoint(modelFolder(model));
  const encoder = await openEncoder(checkpoint, { threads: options.threads || undefined, device: options.device });
  return scorerOf(basename(checkpoint.folder), encoder, checkpoint.processor);
}

function scorerOf(name: string, encoder: Encoder, processor: Processor): Scorer {
  const texts = new LeastRecentlyUsed<string, Float32Array>(REMEMBERED_TEXTS);
  const embedText = async (text: string) => {
    const embedding = texts.get(text) ?? (await encoder.embedTexts([text]));
    texts.set(text, embedding);
    return embedding;
  };
  const embedEach = (images: readonly ImageSource[]) => embedReadable(images, encoder, processor);
  const scoreEach = async (prompt: string, images: readonly ImageSource[]) => {
    const text = await embedText(prompt);
    const embedded = await embedEach(images);
    return embedded.map((image): ImageScore => ("code" in image ? image : { score: encoder.logitScale * dot(text, image) }));
  };
  return {
    name,
    scoreEach,
    score: async (prompt, images) => (await scoreEach(prompt, images)).map((result) => readable(result).score),
    embedTexts: (texts) => Promise.all(texts.map(embedText)),
    embedImages: async (images) => (await embedEach(images)).map(readable),
    close: () => encoder.close(),
  };
}

/** The result of an image, or its failure thrown. */
export function readable<T extends object>(result: T | ImageFailure): T {
  if (!("code" in result)) return result;
  throw new PickScoreError("PICKAPIC_IMAGE_UNREADABLE", result.message);
}

async function embedReadable(
  images: readonly ImageSource[],
  encoder: Encoder,
  processor: Processor,
): Promise<(Float32Array | ImageFailure)[]> {
  const results: (Float32Array | ImageFailure)[] = [];
  for (let start = 0; start < images.length; start += IMAGES_AT_ONCE) {
    const pixels = await Promise.all(images.slice(start, start + IMAGES_AT_ONCE).map((image) => readPixels(image, processor)));
    const good = pixels.filter((each) => each instanceof Float32Array);
    const embeddings = good.length > 0 ? split(await encoder.embedImages(good), good.length) : [];
    for (const each of pixels) results.push(each instanceof Float32Array ? embeddings.shift()! : each);
  }
  return results;
}

async function readPixels(image: ImageSource, processor: Processor): Promise<Float32Array | ImageFailure> {
  try {
    return preprocess(await decodePixels(image), processor);
  } catch (error) {
    const { code, message } = packError(error);
    if (!code) throw error;
    return { code: "PICKAPIC_IMAGE_UNREADABLE", message };
  }
}

/** [n, d] as n arrays. */
function split(rows: Float32Array, count: number): Float32Array[] {
  const width = rows.length / count;
  return Array.from({ length: count }, (_, i) => rows.slice(i * width, (i + 1) * width));
}
