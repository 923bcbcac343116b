/** @file Parameters and moments of a run on the disk: a folder for each saved step, of which one is kept. */
import { join } from "node:path";
import { listTensors, openCheckpoint, readTensors, writeSafetensors } from "@pickapic/clip";
import { makeFolder } from "@pickapic/disk";
import { messageOf } from "@pickapic/errors";
import type { Arena } from "../adamw/arena.ts";
import { PickScoreError } from "../errors.ts";
import { saveTrained, type Training } from "../model/training.ts";
import type { TrainState } from "../steps/state.ts";

/** Names of the tensors in optimizer.safetensors: one of these, a dot, and the name of the parameter. They never change, or older runs could not go on. */
const STORED_AS = { parameters: "parameter", expAvg: "first", expAvgSq: "second" } as const;

/**
 * Writes what a training has changed. Where all parameters are trained the folder is a checkpoint in Hugging Face layout as well; else it holds
 * only what is trained, and the rest is in the model that the run started from.
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
 * Fills parameters and moments with what `writeState` wrote, one tensor at a time.
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
