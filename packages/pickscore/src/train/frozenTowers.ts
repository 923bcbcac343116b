/** @file The frozen bottoms of both towers, run once on every text and image of a run: steps and validation then begin above them. */
import type { RealDevice } from "@pickapic/graph";
import type { PixelSource } from "../data/pixelCache.ts";
import type { Pair } from "../data/plan.ts";
import type { TokenCache } from "../data/tokens.ts";
import { openBottom } from "../model/embedder.ts";
import { type FrozenStates, frozenStates } from "../model/frozenStates.ts";
import type { TowerStates, Training } from "../model/training.ts";
import type { RunFiles } from "../run/runFiles.ts";
import type { TowerName } from "../steps/boundary.ts";
import type { Progress } from "./loop.ts";

export interface FreezeOptions {
  /** Of the run folder. */
  files: Pick<RunFiles, "frozenStates">;
  /** What the frozen tensors are: states of another origin are computed anew. */
  origin: string;
  /** Texts or images at a time. */
  rows: number;
  threads: number;
  /** The processor by default. */
  device?: RealDevice;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** @param tokens knows the captions of all pairs */
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

export function closeStates(states: TowerStates | null): void {
  states?.text.close();
  states?.vision.close();
}
