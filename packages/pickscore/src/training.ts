/** @file What a run trains and what it only reads: the towers' graphs with cuts where frozen parts end, and additions where they are adapted. */
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, listTensors, parameterShapes, saveCheckpoint } from "@pickapic/clip";
import type { Arrays, Graph, Value } from "@pickapic/graph";
import { boundary, type TowerName } from "./boundary.ts";
import type { FrozenStates } from "./frozenStates.ts";
import type { TrainModel } from "./model.ts";
import {
  firstTrained,
  isAdapted,
  loraNames,
  loraReplacement,
  mergeLora,
  startLora,
  type TrainedPart,
  trainedShapes,
} from "./parts.ts";
import { createState, type Shapes, type TrainState } from "./stepper.ts";
import { excerpt } from "./subgraph.ts";

/** Names of the graph inputs that stand for what the frozen part of a tower gives. */
export const STATES = { text: "frozen states of texts", vision: "frozen states of images" } as const;

export interface Training {
  part: TrainedPart;
  model: TrainModel;
  state: TrainState;
  /** What the optimizer changes. */
  trained: Shapes;
  /** What is only read; empty when all is trained. */
  frozen: ReadonlyMap<string, Float32Array>;
  /** Frozen parts of both towers, run once; null when there is nothing to cut off. */
  states: Record<TowerName, FrozenStates> | null;
}

/** Reads a checkpoint into what is trained and what is not, tensor by tensor: nothing is in memory twice. */
export async function openTraining(
  part: TrainedPart,
  model: TrainModel,
  checkpoint: Checkpoint,
  seed: number,
): Promise<Training> {
  const trained = trainedShapes(part, model.config);
  const state = createState(trained);
  const frozen = new Map<string, Float32Array>();
  for (const name of checkpoint.tensors.keys()) {
    const view = state.parameters.views.get(name);
    const values = await checkpoint.read(name);
    if (view) view.set(values);
    else frozen.set(name, values);
  }
  startLora(state.parameters.views, trained, seed);
  return { part, model, state, trained, frozen, states: null };
}

/** A tensor as it is now. */
export const parameterOf = ({ state, frozen }: Training, name: string): Float32Array =>
  state.parameters.views.get(name) ?? frozen.get(name)!;

/** Whether the frozen part of the towers can be run once: it can when the trained tensors all lie above it. */
export const hasFrozenBottom = ({ part }: Training): boolean => part.kind === "head" || part.kind === "last";

/** The value up to which nothing of a tower is trained. */
export const bottomOf = ({ part, model: { config } }: Training, graph: Graph, tower: TowerName): Value | null =>
  boundary(graph, config, tower, firstTrained(part, config, tower));

/** A graph of the towers as it is run in training: without the frozen part, or with low-rank additions. */
export function asTrained(
  training: Training,
  graph: Graph,
  results: readonly Value[],
): { graph: Graph; results: readonly Value[] } {
  const { part, trained, states } = training;
  if (part.kind === "lora") return excerpt(graph, { results, replace: loraReplacement(trained) });
  if (!states) return { graph, results };
  const cuts = (["text", "vision"] as const).flatMap((tower) => {
    const value = bottomOf(training, graph, tower);
    return value ? [[value, STATES[tower]] as const] : [];
  });
  return excerpt(graph, { results, cuts: new Map(cuts) });
}

/** Every tensor that a graph reads, as it is now. */
export function parametersFor(training: Training, names: Iterable<string>): Arrays {
  const known = [...names].map((name) => [name, parameterOf(training, name)] as const);
  return Object.fromEntries(known.filter(([, values]) => values !== undefined));
}

/** An ordinary checkpoint of the model as it is now; additions are merged, one tensor at a time. */
export async function saveTrained(folder: string, training: Training): Promise<void> {
  const { part, model } = training;
  const { config, processor, tokenizerFiles } = model;
  const parameters = new Map([...parameterShapes(config).keys()].map((name) => [name, parameterOf(training, name)]));
  await mkdir(folder, { recursive: true });
  const contents = { config, processor, tokenizerFiles, parameters };
  if (part.kind !== "lora") return saveCheckpoint(folder, contents);
  const beside = join(folder, "merged.part");
  try {
    await saveCheckpoint(beside, contents);
    await mergeInto(join(beside, "model.safetensors"), training, part.rank);
    const names = (await readdir(beside)).sort((a, b) => Number(b.endsWith(".safetensors")) - Number(a.endsWith(".safetensors")));
    for (const name of names) await rename(join(beside, name), join(folder, name));
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** Writes w + b a over each adapted w of a file that nobody reads yet. */
async function mergeInto(file: string, training: Training, rank: number): Promise<void> {
  const tensors = await listTensors(file);
  await using handle = await open(file, "r+");
  for (const [name, { shape, offset }] of tensors) {
    if (!isAdapted(name, shape)) continue;
    const { a, b } = loraNames(name);
    const merged = mergeLora(parameterOf(training, name), parameterOf(training, a), parameterOf(training, b), rank);
    await handle.write(new Uint8Array(merged.buffer), 0, merged.byteLength, offset);
  }
  await handle.sync();
}
