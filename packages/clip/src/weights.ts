/** @file A checkpoint's weights as initializers: ranges of its own file, so that nothing is converted or copied. */

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Graph, Value } from "@pickapic/graph";
import type { Checkpoint } from "./checkpoint.ts";
import { type Shape, sizeOf } from "./parameters.ts";
import { listTensors, readTensors, type TensorEntry, writeSafetensors } from "./safetensors.ts";
import type { ParameterSource } from "./towers.ts";

/** Float32 weights in files of one folder. */
export interface Weights {
  readonly folder: string;
  /** Of all tensors. */
  readonly bytes: number;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  close(): Promise<void>;
}

/** The checkpoint's own files when they are float32; else a float32 copy in a temporary folder that lives until `close`. */
export async function mapWeights({ tensors }: Checkpoint): Promise<Weights> {
  const whole = [...tensors.values()].every(({ dtype }) => dtype === "F32");
  return whole ? weightsOf(await resolveLinks(tensors), async () => {}) : widen(tensors);
}

/** Parameters as initializers. A patch embedding comes flat, so that no reshape of it is computed. */
export function initializers(g: Graph, { tensors }: Weights): ParameterSource {
  const known = new Map<string, Value>();
  return (name) => {
    const { shape, file, offset, length } = tensors.get(name)!;
    const value = known.get(name) ?? g.initializer(name, "float32", flatPatches(shape), { file: basename(file), offset, length });
    known.set(name, value);
    return value;
  };
}

function flatPatches(shape: Shape): Shape {
  return shape.length === 4 ? [shape[0]!, sizeOf(shape.slice(1))] : shape;
}

async function widen(tensors: ReadonlyMap<string, TensorEntry>): Promise<Weights> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-float32-"));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, "model.safetensors");
    const data = await readTensors(tensors);
    await writeSafetensors(
      file,
      new Map([...data].map(([name, values]) => [name, { shape: tensors.get(name)!.shape, data: values }])),
    );
    return weightsOf(await listTensors(file), close);
  } catch (error) {
    await close();
    throw error;
  }
}

function weightsOf(tensors: ReadonlyMap<string, TensorEntry>, close: () => Promise<void>): Weights {
  const entries = [...tensors.values()];
  return { folder: dirname(entries[0]!.file), bytes: entries.reduce((sum, { length }) => sum + length, 0), tensors, close };
}

/** The hub's cache is a folder of links; ONNX Runtime wants weights inside the folder that it is given. */
async function resolveLinks(tensors: ReadonlyMap<string, TensorEntry>): Promise<Map<string, TensorEntry>> {
  const files = new Map<string, string>();
  for (const { file } of tensors.values()) if (!files.has(file)) files.set(file, await realpath(file));
  return new Map([...tensors].map(([name, entry]) => [name, { ...entry, file: files.get(entry.file)! }]));
}
