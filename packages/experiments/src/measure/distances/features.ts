/** @file Features of image files, from the image tower of any CLIP or from a network in an .onnx file. */
import { openCheckpoint, openEncoder, openPreparer, type Processor } from "@pickapic/clip";
import type { Features } from "@pickapic/evaluation";
import { openNetwork } from "@pickapic/graph";
import { findModel, type ImageSource } from "@pickapic/pickscore";
import { PictureError, type PixelPolicy } from "@pickapic/pictures";
import { ExperimentError } from "../../errors.ts";
import type { ProgressReport } from "../../progress.ts";

/** How features are computed. */
export interface FeatureSettings {
  /** A CLIP (a model that ships, a folder, ORG/NAME of the hub), or the path of an .onnx file. */
  readonly features: string;
  /** How image files are read. */
  readonly pixels: PixelPolicy;
  /** 0: all processors. */
  readonly threads: number;
  /** How the pictures for an .onnx file are prepared; a CLIP says this itself. */
  readonly network?: NetworkInput;
}

/** How pictures are prepared for a network that does not say it itself. */
export interface NetworkInput {
  /** Which output of the file; default: the first. */
  readonly output?: string | undefined;
  /** Height and width in px, for a file that leaves them open. */
  readonly size?: number | undefined;
  /** Subtracted from each channel, 0...1. Default 0.5, Inception's. */
  readonly mean?: readonly [number, number, number] | undefined;
  /** Divides each channel. Default 0.5. */
  readonly deviation?: readonly [number, number, number] | undefined;
}

/** What a long run may do besides: stop, and say how far it is. */
export interface FeatureEffects {
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: ProgressReport) => void;
}

/** Turns prepared pictures into vectors. */
interface Extractor {
  readonly processor: Processor;
  /** Vectors of length 1, as CMMD needs them. */
  readonly isUnit: boolean;
  /** Pictures of one run. */
  readonly batch: number;
  /** [count, features] */
  extract(pixels: readonly Float32Array[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Features of one set of files after another, by one network. */
export interface FeatureReader {
  /** Whether the vectors have length 1. */
  readonly isUnit: boolean;
  /**
   * Features of images, in their order.
   * @throws ExperimentError PICKAPIC_CLI_IMAGE_UNREADABLE, naming the first image that cannot be read
   */
  read(images: readonly ImageSource[], effects?: FeatureEffects): Promise<Features>;
  close(): Promise<void>;
}

const USUAL_BATCH = 32;

/**
 * Opens what computes features.
 * @throws errors of `findModel` and `openNetwork` when there is no such model
 */
export async function openFeatures(settings: FeatureSettings): Promise<FeatureReader> {
  const extractor = settings.features.endsWith(".onnx") ? await networkExtractor(settings) : await clipExtractor(settings);
  const preparer = openPreparer(extractor.processor, { pixels: settings.pixels });
  return {
    isUnit: extractor.isUnit,
    async read(files, { signal, onProgress } = {}) {
      let values = new Float32Array(0);
      let width = 0;
      for (let from = 0; from < files.length; from += extractor.batch) {
        signal?.throwIfAborted();
        const batch = files.slice(from, from + extractor.batch);
        const pixels = (await preparer.prepare(batch)).map((picture, i) => readable(picture, nameOf(batch[i])));
        const rows = await extractor.extract(pixels);
        if (from === 0) {
          width = rows.length / batch.length;
          values = new Float32Array(files.length * width);
        }
        values.set(rows, from * width);
        onProgress?.({ done: from + batch.length, total: files.length, unit: "images" });
      }
      return { values, count: files.length, width };
    },
    async close() {
      await preparer.close();
      await extractor.close();
    },
  };
}

const nameOf = (image: ImageSource | undefined): string => (typeof image === "string" ? image : "an image in memory");

function readable(picture: Float32Array | PictureError, file: string): Float32Array {
  if (!(picture instanceof PictureError)) return picture;
  throw new ExperimentError("PICKAPIC_CLI_IMAGE_UNREADABLE", file, picture.message);
}

async function clipExtractor({ features, threads }: FeatureSettings): Promise<Extractor> {
  const { folder, processorFolder } = await findModel(features);
  const checkpoint = await openCheckpoint(folder, { processorFolder });
  const encoder = await openEncoder(checkpoint, { threads: threads || undefined });
  return {
    processor: checkpoint.processor,
    isUnit: true,
    batch: USUAL_BATCH,
    extract: (pixels) => encoder.embedImages(pixels),
    close: () => encoder.close(),
  };
}

async function networkExtractor({ features, threads, network }: FeatureSettings): Promise<Extractor> {
  const { output, size, mean = HALF, deviation = HALF } = network ?? {};
  const opened = await openNetwork(features, { threads: threads || undefined, output });
  const side = opened.size ?? (size ? { height: size, width: size } : null);
  if (side === null) {
    await opened.close();
    throw new ExperimentError("PICKAPIC_CLI_FEATURE_SIZE", features);
  }
  const batch = opened.batch ?? USUAL_BATCH;
  return {
    processor: { resize: side, crop: null, rescale: 1 / 255, normalize: { mean, deviation } },
    isUnit: false,
    batch,
    async extract(pixels) {
      // A file that fixes its batch gets the last picture again where pictures are missing.
      const count = opened.batch ?? pixels.length;
      const length = 3 * side.height * side.width;
      const all = new Float32Array(count * length);
      for (let i = 0; i < count; i++) all.set(pixels[Math.min(i, pixels.length - 1)] ?? [], i * length);
      const rows = await opened.run(all, count, side);
      return rows.subarray(0, (rows.length / count) * pixels.length);
    },
    close: () => opened.close(),
  };
}

const HALF = [0.5, 0.5, 0.5] as const;
