/** @file What a run trains and what it only reads: the towers' graphs with cuts where frozen parts end, and additions where they are adapted. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Checkpoint,
  checkFinite,
  parameterShapes,
  saveSettings,
  streamSafetensors,
  type TensorSource,
} from "@pickapic/clip";
import type { Arrays, Graph, Value } from "@pickapic/graph";
import type { Shape } from "../adamw/arena.ts";
import type { TrainedPart } from "../settings/trainedPart.ts";
import { boundary, type TowerName } from "../steps/boundary.ts";
import { createState, missing, type Shapes, type TrainState } from "../steps/state.ts";
import { excerpt } from "../steps/subgraph.ts";
import type { FrozenStates } from "./frozenStates.ts";
import type { TrainModel } from "./model.ts";
import { firstTrained, isAdapted, loraNames, loraReplacement, mergeLora, startLora, trainedShapes } from "./parts.ts";

/** Names of the graph inputs that stand for what the frozen part of a tower gives. */
export const STATES = { text: "frozen states of texts", vision: "frozen states of images" } as const;

export type TowerStates = Readonly<Record<TowerName, FrozenStates>>;

export interface Training {
  trainedPart: TrainedPart;
  model: TrainModel;
  state: TrainState;
  /** What the optimizer changes. */
  trained: Shapes;
  /** What is only read; empty when all is trained. */
  frozen: ReadonlyMap<string, Float32Array>;
  /** What the frozen bottoms of the towers give, once it is computed; null where they are part of the graphs. */
  states: TowerStates | null;
}

/** A training of all parameters of a model; `state` is the caller's to fill. */
export function trainAll(model: TrainModel, state: TrainState): Training {
  return { trainedPart: { kind: "all" }, model, state, trained: parameterShapes(model.config), frozen: new Map(), states: null };
}

/**
 * Reads a checkpoint into what is trained and what is not, tensor by tensor: nothing is in memory twice.
 * @param seed of the low-rank additions
 * @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE
 */
export async function openTraining(
  trainedPart: TrainedPart,
  model: TrainModel,
  checkpoint: Pick<Checkpoint, "folder" | "read">,
  seed: number,
): Promise<Training> {
  const trained = trainedShapes(trainedPart, model.config);
  const state = createState(trained);
  const frozen = new Map<string, Float32Array>();
  for (const name of parameterShapes(model.config).keys()) {
    const view = state.parameters.views.get(name);
    const values = await checkpoint.read(name);
    checkFinite(checkpoint.folder, name, values);
    if (view) view.set(values);
    else frozen.set(name, values);
  }
  startLora(state.parameters.views, trained, seed);
  return { trainedPart, model, state, trained, frozen, states: null };
}

/** A tensor as it is now; undefined when the model has none of this name. */
const parameterOf = ({ state, frozen }: Training, name: string): Float32Array | undefined =>
  state.parameters.views.get(name) ?? frozen.get(name);

/** The same for a name that the model has. */
const tensorOf = (training: Training, name: string): Float32Array => parameterOf(training, name) ?? missing(name);

/** Those of `names` that are tensors of the model, as they are now. */
export function parametersFor(training: Training, names: Iterable<string>): Arrays {
  const found: Arrays = {};
  for (const name of names) {
    const values = parameterOf(training, name);
    if (values) found[name] = values;
  }
  return found;
}

/** The value up to which nothing of a tower is trained; null when the graph has no such tower. */
export const bottomOf = ({ trainedPart, model: { config } }: Training, graph: Graph, tower: TowerName): Value | null =>
  boundary(graph, config, tower, firstTrained(trainedPart, config, tower));

/** A graph of one or both towers as it is run in training: without the frozen bottoms, or with low-rank additions. */
export function asTrained(
  training: Training,
  graph: Graph,
  results: readonly Value[],
): { graph: Graph; results: readonly Value[] } {
  const { trainedPart, trained, states } = training;
  if (trainedPart.kind === "lora") return excerpt(graph, { results, replace: loraReplacement(trained) });
  if (!states) return { graph, results };
  const cuts = (["text", "vision"] as const).flatMap((tower) => {
    const value = bottomOf(training, graph, tower);
    return value ? [[value, STATES[tower]] as const] : [];
  });
  return excerpt(graph, { results, cuts: new Map(cuts) });
}

/** Writes an ordinary checkpoint of the model as it is now; additions are merged, one tensor at a time. */
export async function saveTrained(folder: string, training: Training): Promise<void> {
  const { config, processor, tokenizerFiles } = training.model;
  const sources = [...parameterShapes(config)].map(([name, shape]): [string, TensorSource] => [
    name,
    { dtype: "F32", shape, read: () => mergedParameter(training, name, shape) },
  ]);
  await mkdir(folder, { recursive: true });
  await streamSafetensors(join(folder, "model.safetensors"), new Map(sources));
  await saveSettings(folder, { config, processor, tokenizerFiles });
}

function mergedParameter(training: Training, name: string, shape: Shape): Float32Array {
  const own = tensorOf(training, name);
  if (training.trainedPart.kind !== "lora" || !isAdapted(name, shape)) return own;
  const { a, b } = loraNames(name);
  return mergeLora(own, tensorOf(training, a), tensorOf(training, b), training.trainedPart.rank);
}
