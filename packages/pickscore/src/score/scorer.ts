/** @file Scores images under a prompt in this process: T cos(text, image), with the T that the model has learned. */

import { type Encoder, openCheckpoint, openEncoder, openPreparer, type Preparer } from "@pickapic/clip";
import { mapAhead } from "@pickapic/dataset/sequences";
import { entryOf, itemAt } from "@pickapic/errors";
import { chooseDevice, type Device } from "@pickapic/graph";
import type { PixelPolicy } from "@pickapic/pictures";
import { methodsOf, type Scorer } from "../scorers/scorer.ts";
import { type ImageFailure, type ImageScore, type ImageSource, readable } from "./imageResult.ts";
import { LeastRecentlyUsed } from "./lru.ts";
import { findModel, type ModelOptions } from "./models.ts";
import { dot } from "./vectors.ts";

/** The embedding of an image, of length 1, or the reason why it could not be read. */
export type ImageEmbedding = Float32Array | ImageFailure;

/** A model of the CLIP family as a scorer. Its scores are T cos(text, image), about -100 ... 100. */
export interface ClipScorer extends Scorer {
  /** T, the factor from cosine to score that the model has learned: 100 for most published models. */
  readonly logitScale: number;
  /** The device that it runs on. */
  readonly device: Exclude<Device, "auto">;
  /** One embedding of length 1 per text. */
  embedTexts(texts: readonly string[]): Promise<Float32Array[]>;
  /** One embedding of length 1 per image. @throws {PickScoreError} PICKAPIC_IMAGE_UNREADABLE */
  embedImages(images: readonly ImageSource[]): Promise<Float32Array[]>;
  /** As `embedImages`, but an image that cannot be read gives a reason instead of an error. */
  embedEach(images: readonly ImageSource[]): Promise<ImageEmbedding[]>;
}

/** How a model is opened for scoring. */
export interface ScorerOptions extends Pick<ModelOptions, "processor"> {
  /** Threads of a graph run; 0, the default: as many as the machine has cores. */
  threads?: number;
  /** How the files of images are read; "browser" by default. */
  pixels?: PixelPolicy;
  /** "cpu" by default; "auto" takes the fastest of cuda, webgpu and cpu that starts. */
  device?: Device;
  /** How far the scoring process of `openScorer` stands back behind this process, 0 ... 19 as of `nice`; default 0. */
  niceness?: number;
}

/** Texts whose embeddings are cached; each takes a few kB. */
const REMEMBERED_TEXTS = 10_000;
/** Images per graph run. A CPU is no faster with more; a graphics card is. */
const GROUP = { processor: 16, card: 32 };
/** Groups of images of a call that are decoded ahead; an image of 224 px takes 0.6 MB. */
const GROUPS_AHEAD = 3;

/**
 * Opens a model in this process. Each call blocks the event loop while it computes, so a server should use `openScorer`.
 * @param model "pickscore-toy", "clip-toy", a folder in Hugging Face layout, or `org/name` of the hub, downloaded when it is not in the cache
 * @throws {PickScoreError} PICKAPIC_CHECKPOINT_UNKNOWN, PICKAPIC_CHECKPOINT_BROKEN; ClipError for a broken checkpoint; GraphError for a device
 * that this machine does not have
 */
export async function loadScorer(model: string, options: ScorerOptions = {}): Promise<ClipScorer> {
  const { name, folder, processorFolder } = await findModel(model, { processor: options.processor });
  const checkpoint = await openCheckpoint(folder, { processorFolder });
  const { device } = await chooseDevice(options.device ?? "cpu");
  // Threads that wait awake would take the cores from those that decode the next pictures.
  const encoder = await openEncoder(checkpoint, { threads: options.threads || undefined, device, spin: false });
  return scorerOf(
    { name, device, logitScale: encoder.logitScale },
    encoder,
    openPreparer(checkpoint.processor, { pixels: options.pixels }),
  );
}

function scorerOf(facts: Pick<ClipScorer, "name" | "device" | "logitScale">, encoder: Encoder, preparer: Preparer): ClipScorer {
  const embedTexts = rememberTexts(encoder);
  const group = facts.device === "cpu" ? GROUP.processor : GROUP.card;
  const embedEach = (images: readonly ImageSource[]) => embedGroups(images, group, encoder, preparer);
  const scorePairs: Scorer["scorePairs"] = async (pairs) => {
    const embedded = await embedEach(pairs.map(({ image }) => image));
    const texts = await embedTexts(pairs.map(({ prompt }) => prompt));
    return embedded.map(
      (image, i): ImageScore => ("code" in image ? image : { score: facts.logitScale * dot(itemAt(texts, i), image) }),
    );
  };
  return {
    ...facts,
    ...methodsOf(scorePairs),
    embedTexts,
    embedEach,
    embedImages: async (images) => (await embedEach(images)).map(readable),
    async close() {
      await preparer.close();
      await encoder.close();
    },
  };
}

/** Embeds each different text once, and caches the embeddings of the most recently used texts. */
function rememberTexts(encoder: Encoder): (texts: readonly string[]) => Promise<Float32Array[]> {
  const known = new LeastRecentlyUsed<string, Float32Array>(REMEMBERED_TEXTS);
  return async (texts) => {
    const found = new Map([...new Set(texts)].map((text) => [text, known.get(text)]));
    const unknown = [...found].flatMap(([text, embedding]) => (embedding ? [] : [text]));
    const embeddings = unknown.length > 0 ? split(await encoder.embedTexts(unknown), unknown.length) : [];
    for (const [i, text] of unknown.entries()) {
      found.set(text, embeddings[i]);
      known.set(text, itemAt(embeddings, i));
    }
    return texts.map((text) => entryOf(found, text));
  };
}

/** The embedding of each image, or its failure. While one group of images is encoded, the next ones are decoded. */
async function embedGroups(
  images: readonly ImageSource[],
  group: number,
  encoder: Encoder,
  preparer: Preparer,
): Promise<ImageEmbedding[]> {
  const starts = Array.from({ length: Math.ceil(images.length / group) }, (_, i) => i * group);
  const prepared = mapAhead(starts, GROUPS_AHEAD, (start) => preparer.prepare(images.slice(start, start + group)));
  const results: ImageEmbedding[] = [];
  for await (const pixels of prepared) results.push(...(await encodeGroup(pixels, encoder)));
  return results;
}

async function encodeGroup(pixels: Awaited<ReturnType<Preparer["prepare"]>>, encoder: Encoder): Promise<ImageEmbedding[]> {
  const good = pixels.filter((each) => each instanceof Float32Array);
  const rows = good.length > 0 ? split(await encoder.embedImages(good), good.length) : [];
  const embeddings = new Map(good.map((each, i) => [each, itemAt(rows, i)]));
  return pixels.map((each) =>
    each instanceof Float32Array ? entryOf(embeddings, each) : { code: "PICKAPIC_IMAGE_UNREADABLE", message: each.message },
  );
}

/** Splits [count, width] into `count` arrays. */
function split(rows: Float32Array, count: number): Float32Array[] {
  const width = rows.length / count;
  return Array.from({ length: count }, (_, i) => rows.slice(i * width, (i + 1) * width));
}
