/** @file Runs the frozen layers of both towers once on every text and image of a run, so that steps and validation begin above them. */
import type { RealDevice } from "@pickapic/graph";
import type { PixelSource } from "../data/pixelCache.ts";
import type { Pair } from "../data/plan.ts";
import type { TokenCache } from "../data/tokens.ts";
import { openBottom } from "../model/embedder.ts";
import { type FrozenStates, frozenStates } from "../model/frozenStates.ts";
import type { TowerStates, Training } from "../model/training.ts";
import type { RunFiles } from "../run/runFiles.ts";
import type { TowerName } from "../steps/boundary.ts";
import type { TrainProgress } from "./loop.ts";

/** Where the outputs of the frozen layers are stored, and how they are computed. */
export interface FreezeOptions {
  /** The files of the run folder. */
  files: Pick<RunFiles, "frozenStates">;
  /** Identifies the starting model. Stored outputs of another origin are computed again. */
  origin: string;
  /** Texts or images per graph run. */
  rows: number;
  threads: number;
  /** The CPU by default. */
  device?: RealDevice;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: TrainProgress) => void) | undefined;
}

/**
 * Opens the outputs of the frozen layers for all captions and images of `pairs`, and computes those that the run folder does not have.
 * @param tokens a token cache that was made for the captions of all pairs
 */
export async function freezeTowers(
  training: Training,
  pairs: readonly Pair[],
  tokens: TokenCache,
  pixels: PixelSource,
  options: FreezeOptions,
): Promise<TowerStates> {
  const names: Record<TowerName, Set<string>> = {
    text: new Set(pairs.map(({ caption }) => caption)),
    vision: new Set(pairs.flatMap(({ image0, image1 }) => [image0, image1])),
  };
  const statesOf = (tower: TowerName): Promise<FrozenStates> =>
    frozenStates(options.files.frozenStates(tower), {
      names: [...names[tower]],
      origin: `${options.origin}, ${JSON.stringify(training.trainedPart)}`,
      batch: options.rows,
      open: () => openBottom(training, tower, tokens, pixels, options),
      report(done, total) {
        options.signal?.throwIfAborted();
        const unit = tower === "text" ? "texts" : "images";
        options.onProgress?.({ done, total, unit, note: "running the frozen layers once" });
      },
    });
  const text = await statesOf("text");
  try {
    return { text, vision: await statesOf("vision") };
  } catch (error) {
    text.close();
    throw error;
  }
}

/** Closes the files of both towers; does nothing for null. */
export function closeStates(states: TowerStates | null): void {
  states?.text.close();
  states?.vision.close();
}
