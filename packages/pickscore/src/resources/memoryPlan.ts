/** @file Plans how a step fits into memory: the pairs per micro-batch, and whether activations are kept or computed again. */
import { type ClipConfig, parameterShapes } from "@pickapic/clip";
import { sizeOf } from "@pickapic/graph";
import { PickScoreError } from "../errors.ts";
import { firstTrained, trainedShapes } from "../model/trainedParameters.ts";
import { inGiB } from "../settings/memorySize.ts";
import type { TrainedPart } from "../settings/trainedPart.ts";

/** How a run fits into memory. */
export interface MemoryPlan {
  microBatchPairs: number;
  /** Gradient accumulation inside the graphs: less memory, but slower. */
  lean: boolean;
  /** Activation checkpointing: backward computes the activations of each layer again. Only with `lean`. */
  recompute: boolean;
  /** Texts or images per graph run without gradients, as in validation. */
  rows: number;
  /** Memory for prepared pixels. */
  pixelCacheMiB: number;
  /** Estimated memory of the whole process; null when memory is unlimited. */
  bytes: number | null;
}

/** The settings that a plan may lower. */
interface Most {
  microBatchPairs: number;
  pixelCacheMiB: number;
}

/** Bytes that Node, ONNX Runtime and the buffers of a run take besides tensors. */
const RUNTIME = 450 * 2 ** 20;
/** Measured memory divided by that of the live tensors of forward and backward (docs/log.md): allocation adds this much. */
const SLACK = 1.15;
/** Largest share of the memory for prepared pixels. The others stay in a file. */
const PIXEL_SHARE = 0.05;
const USUAL_ROWS = 32;

interface Tower {
  tokens: number;
  width: number;
  inner: number;
  heads: number;
  /** Layers that backward goes through. */
  layers: number;
}

type Towers = Readonly<Record<"text" | "vision", Tower>>;

/** Floats that the forward pass of one layer keeps for backward, per row of a batch. They are those of the tower in @pickapic/clip. */
const layerFloats = ({ tokens, width, inner, heads }: Tower): number => tokens * (13 * width + 2 * inner + 2 * heads * tokens);
/** Most floats that a layer needs at one time, per row of a batch, when nothing is kept for backward. */
const forwardFloats = ({ tokens, width, inner, heads }: Tower): number => tokens * (6 * width + 2 * inner + 2 * heads * tokens);

/** Bytes of activations for `pairs` pairs that share no text and no image. */
function activations(towers: Towers, pairs: number, recompute: boolean): number {
  const rows = { text: pairs, vision: 2 * pairs };
  const kept = (kind: "text" | "vision") => {
    const tower = towers[kind];
    return rows[kind] * (recompute ? tower.tokens * tower.width : layerFloats(tower)) * tower.layers;
  };
  const working = (kind: "text" | "vision") => 2 * rows[kind] * layerFloats(towers[kind]);
  return 4 * SLACK * (kept("text") + kept("vision") + Math.max(working("text"), working("vision")));
}

const forwardBytes = (towers: Towers): number => 4 * SLACK * Math.max(forwardFloats(towers.text), forwardFloats(towers.vision));

/** Bytes of all parameters, and of moments and gradients of the trained ones. Unless lean, there are two gradients: of the step and of a micro-batch. */
function stateBytes(trainedPart: TrainedPart, config: ClipConfig, lean: boolean): number {
  const count = (shapes: Iterable<readonly number[]>) => [...shapes].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const trained = count(trainedShapes(trainedPart, config).values());
  const all = count(parameterShapes(config).values()) + (trainedPart.kind === "lora" ? trained : 0);
  return 4 * (all + (lean ? 3 : 4) * trained);
}

/** Bytes that the largest gradient takes before it is added to its sum: twice its size, because that of the token embeddings is made from as many zeros. */
function largestGradients(trainedPart: TrainedPart, config: ClipConfig): number {
  return 2 * 4 * Math.max(...[...trainedShapes(trainedPart, config).values()].map(sizeOf));
}

function towersOf(trainedPart: TrainedPart, config: ClipConfig): Towers {
  const tower = (kind: "text" | "vision", tokens: number): Tower => {
    const { hiddenSize, intermediateSize, heads, layers } = config[kind];
    return {
      tokens,
      width: hiddenSize,
      inner: intermediateSize,
      heads,
      layers: layers - firstTrained(trainedPart, config, kind),
    };
  };
  return {
    text: tower("text", config.text.maxPositions),
    vision: tower("vision", (config.vision.imageSize / config.vision.patchSize) ** 2 + 1),
  };
}

/**
 * The first of these plans that fits into memory: the settings as they are; a lean plan; a lean plan with activation checkpointing. A lean plan has the
 * largest micro-batch that fits, a power of two.
 * @param most upper limits, from the settings
 * @param memory bytes for the whole process; null: no limit
 * @throws {PickScoreError} PICKAPIC_TRAIN_MEMORY when one pair does not fit
 */
export function planMemory(trainedPart: TrainedPart, config: ClipConfig, most: Most, memory: number | null): MemoryPlan {
  const { microBatchPairs: mostPairs, pixelCacheMiB: mostPixels } = most;
  const usual = { microBatchPairs: mostPairs, lean: false, recompute: false, rows: USUAL_ROWS, pixelCacheMiB: mostPixels };
  if (memory === null) return { ...usual, bytes: null };
  const towers = towersOf(trainedPart, config);
  const pixelCacheMiB = Math.min(mostPixels, Math.floor((memory * PIXEL_SHARE) / 2 ** 20));
  const besides = RUNTIME + pixelCacheMiB * 2 ** 20;
  const ofUsual = Math.max(activations(towers, mostPairs, false), USUAL_ROWS * forwardBytes(towers));
  const usualBytes = stateBytes(trainedPart, config, false) + besides + ofUsual;
  if (usualBytes <= memory) return { ...usual, pixelCacheMiB, bytes: usualBytes };
  const fixed = stateBytes(trainedPart, config, true) + besides + largestGradients(trainedPart, config);
  const rows = largestPower(USUAL_ROWS, (n) => fixed + n * forwardBytes(towers) <= memory) ?? 1;
  for (const recompute of [false, true]) {
    const bytesOf = (pairs: number) => fixed + Math.max(activations(towers, pairs, recompute), rows * forwardBytes(towers));
    const microBatchPairs = largestPower(mostPairs, (pairs) => bytesOf(pairs) <= memory);
    if (microBatchPairs) return { microBatchPairs, lean: true, recompute, rows, pixelCacheMiB, bytes: bytesOf(microBatchPairs) };
  }
  const least = fixed - pixelCacheMiB * 2 ** 20 + activations(towers, 1, true);
  // The amount includes the pixels' share, so that a run with exactly this much memory does start.
  throw tooLittle(Math.min(least / (1 - PIXEL_SHARE), least + mostPixels * 2 ** 20), memory);
}

/** The largest power of two up to `most` for which `fits` holds. */
function largestPower(most: number, fits: (n: number) => boolean): number | null {
  const powers = Array.from({ length: 1 + Math.floor(Math.log2(most)) }, (_, i) => 2 ** i);
  return powers.findLast(fits) ?? null;
}

function tooLittle(least: number, memory: number): PickScoreError {
  // One is rounded up and one down: the message never shows two equal numbers, and a run that is given the needed amount is not refused.
  const tenths = (bytes: number, round: (value: number) => number) => inGiB((round((10 * bytes) / 2 ** 30) / 10) * 2 ** 30);
  return new PickScoreError("PICKAPIC_TRAIN_MEMORY", tenths(least, Math.ceil), tenths(memory, Math.floor));
}

/** Describes a plan in one sentence for the user. */
export function describePlan({ microBatchPairs, recompute, bytes }: MemoryPlan, memory: number | null): string {
  const pairs = microBatchPairs === 1 ? "1 pair" : `${microBatchPairs} pairs`;
  const how = recompute ? "each layer computed again in backward" : "all activations kept";
  const all = bytes === null || memory === null ? "without a limit" : `about ${inGiB(bytes)} of ${inGiB(memory)}`;
  return `Memory: ${pairs} at a time, ${how}: ${all}.`;
}
