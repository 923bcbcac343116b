/** @file How a step fits into memory: pairs per graph run, and whether activations are kept or computed again. Pure. */
import { type ClipConfig, parameterShapes } from "@pickapic/clip";
import { sizeOf } from "@pickapic/graph";
import { PickScoreError } from "../errors.ts";
import { firstTrained, trainedShapes } from "../model/parts.ts";
import { inGiB } from "../settings/memorySize.ts";
import type { TrainedPart } from "../settings/trainedPart.ts";

export interface MemoryPlan {
  microBatchPairs: number;
  /** Gradients are added up inside the graphs, and the runtime gives its memory back after every run: slower, and smaller. */
  lean: boolean;
  /** Activation checkpointing: backward computes each layer again. Only with `lean`. */
  recompute: boolean;
  /** Texts or images at a time where nothing is differentiated. */
  rows: number;
  /** Prepared pixels that are kept in memory. */
  pixelCacheMiB: number;
  /** Estimated, all in all; null when memory is unlimited. */
  bytes: number | null;
}

/** The settings that a plan may lower. */
interface Most {
  microBatchPairs: number;
  pixelCacheMiB: number;
}

/** Bytes that node, ONNX Runtime and the buffers of a run take besides tensors. */
const RUNTIME = 450 * 2 ** 20;
/** Measured beside estimated (docs/log.md): what allocation adds to the live tensors of forward and backward. */
const SLACK = 1.15;
/** Graphs of neighbouring sizes that are open at one time, each with memory of its own unless lean. */
const OPEN_GRAPHS = 3;
/** Pixels get at most this share of the memory: what does not fit waits in a file. */
const PIXEL_SHARE = 0.05;
const USUAL_ROWS = 32;

interface Tower {
  tokens: number;
  width: number;
  inner: number;
  heads: number;
  /** Layers that are differentiated. */
  layers: number;
}

type Towers = Readonly<Record<"text" | "vision", Tower>>;

/** Floats that one layer leaves for backward, per row of a batch: see the tower in @pickapic/clip. */
const layerFloats = ({ tokens, width, inner, heads }: Tower): number => tokens * (13 * width + 2 * inner + 2 * heads * tokens);
/** Floats that are alive at one time in a layer, per row, when nothing is kept. */
const forwardFloats = ({ tokens, width, inner, heads }: Tower): number => tokens * (6 * width + 2 * inner + 2 * heads * tokens);

/** Bytes of activations of `pairs` pairs, each with a text and two images of its own. */
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

/** Parameters, and for what is trained a gradient (two without lean: of the step and of a graph run) and two moments. */
function stateBytes(trainedPart: TrainedPart, config: ClipConfig, lean: boolean): number {
  const count = (shapes: Iterable<readonly number[]>) => [...shapes].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const trained = count(trainedShapes(trainedPart, config).values());
  const all = count(parameterShapes(config).values()) + (trainedPart.kind === "lora" ? trained : 0);
  return 4 * (all + (lean ? 3 : 4) * trained);
}

/** A gradient exists beside its sum for a moment; that of a table of tokens is made from as many zeros. */
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
 * The first that fits: the usual way; lean with the largest micro-batch (a power of two); and lean with activations computed again.
 * @param memory bytes for the whole process; null: the usual way, whatever it takes
 * @throws {PickScoreError} PICKAPIC_TRAIN_MEMORY when one pair does not fit
 */
export function planMemory(trainedPart: TrainedPart, config: ClipConfig, most: Most, memory: number | null): MemoryPlan {
  const { microBatchPairs: mostPairs, pixelCacheMiB: mostPixels } = most;
  const usual = { microBatchPairs: mostPairs, lean: false, recompute: false, rows: USUAL_ROWS, pixelCacheMiB: mostPixels };
  if (memory === null) return { ...usual, bytes: null };
  const towers = towersOf(trainedPart, config);
  const pixelCacheMiB = Math.min(mostPixels, Math.floor((memory * PIXEL_SHARE) / 2 ** 20));
  const besides = RUNTIME + pixelCacheMiB * 2 ** 20;
  const ofUsual = OPEN_GRAPHS * activations(towers, mostPairs, false) + USUAL_ROWS * forwardBytes(towers);
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
  // With the pixels' share of that much memory, so that a run with as much as is asked for does start.
  throw tooLittle(Math.min(least / (1 - PIXEL_SHARE), least + mostPixels * 2 ** 20), memory);
}

/** The largest power of two up to `most` for which `fits` holds. */
function largestPower(most: number, fits: (n: number) => boolean): number | null {
  const powers = Array.from({ length: 1 + Math.floor(Math.log2(most)) }, (_, i) => 2 ** i);
  return powers.findLast(fits) ?? null;
}

function tooLittle(least: number, memory: number): PickScoreError {
  // Away from each other: the two are never the same figure, and who allows what is asked for is not refused again.
  const tenths = (bytes: number, round: (value: number) => number) => inGiB((round((10 * bytes) / 2 ** 30) / 10) * 2 ** 30);
  return new PickScoreError("PICKAPIC_TRAIN_MEMORY", tenths(least, Math.ceil), tenths(memory, Math.floor));
}

/** What a plan chose, in one sentence. */
export function describePlan({ microBatchPairs, lean, recompute, bytes }: MemoryPlan, memory: number | null): string {
  const pairs = microBatchPairs === 1 ? "1 pair" : `${microBatchPairs} pairs`;
  const how = recompute ? "each layer computed again in backward" : "all activations kept";
  const all = bytes === null || memory === null ? "without a limit" : `about ${inGiB(bytes)} of ${inGiB(memory)}`;
  return `Memory: ${pairs} at a time, ${how}${lean ? "" : ", buffers reused"}: ${all}.`;
}
