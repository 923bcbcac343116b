/**
 * @file The parameters of a run, trained and frozen, and the graphs that use them. A graph begins above the frozen layers when their outputs are
 * known, and has low-rank additions when those are trained.
 */
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
import { firstTrained, isAdapted, loraNames, loraReplacement, mergeLora, startLora, trainedShapes } from "./trainedParameters.ts";

/** Names of the graph inputs that replace the frozen layers of a tower by their outputs. */
export const STATES = { text: "frozen states of texts", vision: "frozen states of images" } as const;

/** Outputs of the frozen layers of both towers. */
export type TowerStates = Readonly<Record<TowerName, FrozenStates>>;

/** A model in training: its parameters, which of them change, and the moments of those. */
export interface Training {
  trainedPart: TrainedPart;
  model: TrainModel;
  state: TrainState;
  /** Names and shapes of the tensors that the optimizer changes. */
  trained: Shapes;
  /** The parameters that no step changes; empty when all are trained. */
  frozen: ReadonlyMap<string, Float32Array>;
  /** Outputs of the frozen layers of both towers; null while the graphs compute these layers themselves. */
  states: TowerStates | null;
}

/** A training of all parameters of a model; `state` is the caller's to fill. */
export function trainAll(model: TrainModel, state: TrainState): Training {
  return { trainedPart: { kind: "all" }, model, state, trained: parameterShapes(model.config), frozen: new Map(), states: null };
}

/**
 * Reads a checkpoint into the trained and the frozen parameters. It reads tensor by tensor, so that no tensor is in memory twice.
 * @param seed decides the first values of the low-rank additions
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

/** The current values of a tensor; undefined when the model has no tensor of this name. */
const parameterOf = ({ state, frozen }: Training, name: string): Float32Array | undefined =>
  state.parameters.views.get(name) ?? frozen.get(name);

/** The current values of a tensor. @throws Error when the model has no tensor of this name */
const tensorOf = (training: Training, name: string): Float32Array => parameterOf(training, name) ?? missing(name);

/** The current values of all tensors in `names`. Names that are not tensors of the model are left out. */
export function parametersFor(training: Training, names: Iterable<string>): Arrays {
  const found: Arrays = {};
  for (const name of names) {
    const values = parameterOf(training, name);
    if (values) found[name] = values;
  }
  return found;
}

/** The output of the frozen layers of a tower, which the first trained layer reads; null when the graph has no such tower. */
export const bottomOf = ({ trainedPart, model: { config } }: Training, graph: Graph, tower: TowerName): Value | null =>
  boundary(graph, config, tower, firstTrained(trainedPart, config, tower));

/** Rewrites a graph of one or both towers for training: without the frozen layers when their outputs are known, or with low-rank additions. */
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

/** Writes the current model as a checkpoint. Low-rank additions are merged into their matrices, one tensor at a time to save memory. */
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
