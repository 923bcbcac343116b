/** @file How far the images of two folders are apart: Fréchet distance, kernel distance and CMMD, with what the number of images does to them. */
import { randomFor } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import {
  cmmd,
  type FrechetBySize,
  frechetBySize,
  frechetDistance,
  type KernelDistance,
  kernelDistance,
  timesTransposed,
} from "@pickapic/evaluation";
import { type FeatureEffects, type FeatureSettings, openFeatures } from "./features.ts";
import { openProduct } from "./product.ts";
import { countShared, withoutShared } from "./shared.ts";

/** The two sets, and what computes their features. */
export interface DistanceRun extends FeatureSettings {
  /** Image files of each side. */
  readonly files: readonly [readonly string[], readonly string[]];
  /** Images in the subsets that show the effect of their number; default: an eighth, a quarter and half of the smaller set. */
  readonly sizes?: readonly number[];
  /** Of the subsets. */
  readonly seed: number;
}

/** The distances between two sets of images. */
export interface DistanceReport {
  readonly features: string;
  readonly images: readonly [number, number];
  /** Files of the second side that have the same bytes as a file of the first; then the kernel distances have no interval. */
  readonly shared: number;
  /** Numbers for each image. */
  readonly width: number;
  /** Of all images of both sides. It is too large for few images; `frechetBySize` shows by how much. */
  readonly frechet: number;
  readonly frechetBySize: FrechetBySize;
  readonly kernel: KernelDistance;
  /** Null for features whose length is not 1: CMMD is defined for the embeddings of a CLIP. */
  readonly cmmd: KernelDistance | null;
  /** One sentence that a reader needs to repeat the figures. */
  readonly protocol: string;
}

/** Measures the distances between two sets of image files. */
export async function measureDistances(run: DistanceRun, effects: FeatureEffects = {}): Promise<DistanceReport> {
  const reader = await openFeatures(run);
  const { product, close } = openProduct(timesTransposed, run.threads);
  try {
    const [first, second] = run.files;
    const total = first.length + second.length;
    const from = (before: number): FeatureEffects => ({
      signal: effects.signal,
      onProgress: ({ done, unit }) => effects.onProgress?.({ done: before + done, total, unit }),
    });
    const shared = await countShared(first, second, effects.signal);
    const a = await reader.read(first, from(0));
    const b = await reader.read(second, from(first.length));
    const bySize = await frechetBySize(a, b, { random: randomFor("subsets", run.seed), sizes: run.sizes, product });
    return {
      features: run.features,
      images: [a.count, b.count],
      shared,
      width: a.width,
      // The last subset is all of the smaller set: where both are equally large it is the distance itself.
      frechet:
        a.count === b.count ? itemAt(bySize.points, bySize.points.length - 1).distance : await frechetDistance(a, b, { product }),
      frechetBySize: bySize,
      kernel: withoutShared(await kernelDistance(a, b, { product }), shared),
      cmmd: reader.isUnit ? withoutShared(await cmmd(a, b, { product }), shared) : null,
      protocol: protocolOf(run, a.width),
    };
  } finally {
    await close();
    await reader.close();
  }
}

function protocolOf({ features, pixels, seed }: DistanceRun, width: number): string {
  return `${width} features of ${features}, pixels as in ${pixels}; Fréchet: covariance with n - 1, double precision; kernel distance: (x.y / ${width} + 1)^3, unbiased; CMMD: sigma 10, unbiased, times 1,000; subsets by seed ${seed}.`;
}
