/** @file Writes and reads the training state of a run, parameters and moments, as a folder. */
import { join } from "node:path";
import { listTensors, openCheckpoint, readTensors, writeSafetensors } from "@pickapic/clip";
import { makeFolder } from "@pickapic/disk";
import { messageOf } from "@pickapic/errors";
import type { Arena } from "../adamw/arena.ts";
import { PickScoreError } from "../errors.ts";
import { saveTrained, type Training } from "../model/training.ts";
import type { TrainState } from "../steps/state.ts";

/** Prefixes of tensor names in optimizer.safetensors; a dot and the name of the parameter follow. They must not change, or older runs cannot be resumed. */
const STORED_AS = { parameters: "parameter", expAvg: "first", expAvgSq: "second" } as const;

/**
 * Writes the training state into a folder. When all parameters are trained, the folder is also a checkpoint in Hugging Face layout. Otherwise it holds
 * only the trained parameters; the others are in the starting model.
 */
export async function writeState(folder: string, training: Training): Promise<void> {
  const isWhole = training.trainedPart.kind === "all";
  await makeFolder(folder);
  if (isWhole) await saveTrained(folder, training);
  const kinds = isWhole ? (["expAvg", "expAvgSq"] as const) : (["parameters", "expAvg", "expAvgSq"] as const);
  const tensors = kinds.flatMap((kind) => named(STORED_AS[kind], training.state[kind], training));
  await writeSafetensors(join(folder, "optimizer.safetensors"), new Map(tensors));
}

const named = (kind: string, { views }: Arena, { trained }: Training) =>
  [...trained].map(([name, shape]) => [`${kind}.${name}`, { shape, data: viewOf(views, name) }] as const);

function viewOf(views: Arena["views"], name: string): Float32Array {
  const view = views.get(name);
  if (!view) throw new Error(`writeState: ${name} is trained but has no memory`);
  return view;
}

/**
 * Fills parameters and moments with those that `writeState` wrote. It reads one tensor at a time to save memory.
 * @throws {PickScoreError} PICKAPIC_RUN_BROKEN
 */
export async function readState(folder: string, state: TrainState): Promise<void> {
  try {
    const tensors = await listTensors(join(folder, "optimizer.safetensors"));
    const stored = async (name: string): Promise<Float32Array> => {
      const tensor = tensors.get(name);
      const read = tensor && (await readTensors(new Map([[name, tensor]]))).get(name);
      if (!read) throw new Error(`${name} is missing`);
      return read;
    };
    const holdsParameters = [...tensors.keys()].some((name) => name.startsWith(`${STORED_AS.parameters}.`));
    const checkpoint = holdsParameters ? null : await openCheckpoint(folder);
    await readInto(state.parameters, (name) => checkpoint?.read(name) ?? stored(`${STORED_AS.parameters}.${name}`));
    for (const kind of ["expAvg", "expAvgSq"] as const)
      await readInto(state[kind], (name) => stored(`${STORED_AS[kind]}.${name}`));
  } catch (error) {
    throw new PickScoreError("PICKAPIC_RUN_BROKEN", folder, messageOf(error)).because(error);
  }
}

async function readInto(arena: Arena, read: (name: string) => Promise<Float32Array>): Promise<void> {
  for (const [name, view] of arena.views) {
    const values = await read(name);
    if (values.length !== view.length) throw new Error(`${name} has ${values.length} values; expected ${view.length}`);
    view.set(values);
  }
}
