/** @file How a step fits into memory: pairs per graph run, and whether activations are kept or computed again. Pure. */
import { type ClipConfig, parameterShapes } from "@pickapic/clip";
import { sizeOf } from "@pickapic/graph";
import { PickScoreError } from "./errors.ts";
import { firstTrained, type TrainedPart, trainedShapes } from "./parts.ts";

/** What `parseMemory` reads besides "unlimited". */
export const MEMORY_PATTERN = /^(\d+(?:\.\d+)?)\s*(GiB|MiB|GB|MB)$/i;
const UNITS: Readonly<Record<string, number>> = { gib: 2 ** 30, mib: 2 ** 20, gb: 1e9, mb: 1e6 };

/** "20GiB" in bytes; null for "unlimited". */
export function parseMemory(text: string): number | null {
  const match = MEMORY_PATTERN.exec(text.trim());
  return match && Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
}

export interface MemoryPlan {
  microBatchPairs: number;
  recompute: boolean;
  /** Bytes, all in all, as estimated. */
  bytes: number;
  /** What was chosen, one line. */
  says: string;
}

/** Bytes that node, ONNX Runtime and the buffers of a run take besides tensors. */
const RUNTIME = 450 * 2 ** 20;
/** Measured beside estimated (docs/log.md): what allocation adds to the live tensors of forward and backward. */
const SLACK = 1.15;

interface Tower {
  tokens: number;
  width: number;
  inner: number;
  heads: number;
  /** Layers that are differentiated. */
  layers: number;
}

/** Floats that one layer leaves for backward, per row of a batch: see the tower in @pickapic/clip. */
const layerFloats = ({ tokens, width, inner, heads }: Tower): number => tokens * (13 * width + 2 * inner + 2 * heads * tokens);

/** Bytes of activations of `pairs` pairs, each with a text and two images of its own. */
function activations(towers: { text: Tower; vision: Tower }, pairs: number, recompute: boolean): number {
  const rows = { text: pairs, vision: 2 * pairs };
  const of = (kind: "text" | "vision") => {
    const tower = towers[kind];
    const kept = recompute ? tower.tokens * tower.width : layerFloats(tower);
    return rows[kind] * kept * tower.layers;
  };
  const working = (kind: "text" | "vision") => 2 * rows[kind] * layerFloats(towers[kind]);
  return 4 * SLACK * (of("text") + of("vision") + Math.max(working("text"), working("vision")));
}

/** Parameters, and for what is trained a gradient and two moments. */
function stateBytes(part: TrainedPart, config: ClipConfig): number {
  const count = (shapes: Iterable<readonly number[]>) => [...shapes].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const trained = count(trainedShapes(part, config).values());
  const all = count(parameterShapes(config).values());
  return 4 * (all + 3 * trained + (part.kind === "lora" ? trained : 0));
}

function towersOf(part: TrainedPart, config: ClipConfig): { text: Tower; vision: Tower } {
  const tower = (kind: "text" | "vision", tokens: number): Tower => {
    const { hiddenSize, intermediateSize, heads, layers } = config[kind];
    return { tokens, width: hiddenSize, inner: intermediateSize, heads, layers: layers - firstTrained(part, config, kind) };
  };
  return {
    text: tower("text", config.text.maxPositions),
    vision: tower("vision", (config.vision.imageSize / config.vision.patchSize) ** 2 + 1),
  };
}

/**
 * The largest micro-batch (a power of two, at most `most`) that fits, with all activations kept where one pair fits so, else computed again.
 * @param memory bytes for the whole process
 * @throws {PickScoreError} PICKAPIC_TRAIN_MEMORY when one pair does not fit
 */
export function planMemory(part: TrainedPart, config: ClipConfig, most: number, memory: number): MemoryPlan {
  const towers = towersOf(part, config);
  const fixed = stateBytes(part, config) + RUNTIME;
  const sizes = [1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1].filter((size) => size <= most);
  for (const recompute of [false, true]) {
    for (const microBatchPairs of sizes) {
      const bytes = fixed + activations(towers, microBatchPairs, recompute);
      if (bytes <= memory)
        return { microBatchPairs, recompute, bytes, says: sentence(microBatchPairs, recompute, bytes, memory) };
    }
  }
  const least = gib(fixed + activations(towers, 1, true));
  throw new PickScoreError(
    "PICKAPIC_TRAIN_MEMORY",
    `Training needs at least about ${least} of memory; it may use ${gib(memory)}: allow more with --memory, or train less, such as --train lora:8 or --train head.`,
  );
}

function sentence(pairs: number, recompute: boolean, bytes: number, memory: number): string {
  const how = recompute ? "each layer computed again in backward" : "all activations kept";
  return `Memory: ${pairs === 1 ? "1 pair" : `${pairs} pairs`} at a time, ${how}: about ${gib(bytes)} of ${gib(memory)}.`;
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
