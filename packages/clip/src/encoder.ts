/** @file Texts and pictures to unit vectors, with the weights mapped from the checkpoint's own file. */

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Device, type ExternalData, Graph, openSession, type Session, type Value } from "@pickapic/graph";
import type { Checkpoint } from "./checkpoint.ts";
import { ClipError } from "./errors.ts";
import { type Shape, sizeOf } from "./parameters.ts";
import { listTensors, readTensors, type TensorEntry, writeSafetensors } from "./safetensors.ts";
import { eosPositions } from "./tokenizer.ts";
import { imageTower, type ParameterSource, textTower } from "./towers.ts";

export interface Encoder {
  /** Values of an embedding. */
  readonly width: number;
  /** T = exp(logit_scale): what a cosine is multiplied by to become a score; 100 for most published models. */
  readonly logitScale: number;
  /** [texts, width], rows of length 1. */
  embedTexts(texts: readonly string[]): Promise<Float32Array>;
  /** [pictures, width], rows of length 1; pixels as `preprocess` gives them. */
  embedImages(pixels: readonly Float32Array[]): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface EncoderOptions {
  readonly threads?: number;
  readonly device?: Device;
}

/** Shapes are static, so there is one session for each of these batch sizes, opened when first needed. */
const BATCHES = [1, 8, 32];
/** Texts are cut to a multiple of so many tokens. */
const COLUMN_STEP = 16;
/** Sessions of a tower kept open. */
const MOST_SESSIONS = 4;
/** Rearranged weights make small batches 1.5 x faster but are a copy for each session: only below this size of the weights, in bytes. */
const MOST_PREPACKED = 2 ** 30;

/**
 * Opens both towers for inference. A result in a batch equals the same alone within 1e-6.
 * Running blocks the event loop: not for a process that serves people.
 * @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE when embeddings come out as NaN
 */
export async function openEncoder(checkpoint: Checkpoint, options: EncoderOptions = {}): Promise<Encoder> {
  const { config, tokenizer } = checkpoint;
  const weights = await mapWeights(checkpoint);
  const run = { ...options, externalFolder: weights.folder, prepack: weights.bytes < MOST_PREPACKED };
  const texts = sessions((batch, columns) => openSession(textGraph(checkpoint, weights, batch, columns), run));
  const images = sessions((batch) => openSession(imageGraph(checkpoint, weights, batch), run));
  const logitScale = Math.exp((await checkpoint.read("logit_scale"))[0]!);
  const width = config.projectionDim;

  const embedTextBatch = async (ids: BigInt64Array, batch: number) => {
    const eos = eosPositions(ids, tokenizer.maxPositions, config.text);
    const columns = columnsFor(eos, tokenizer.maxPositions);
    const session = await texts.get(batch, columns);
    return (await session.run({ ids: cutColumns(ids, tokenizer.maxPositions, columns), eos })).embeddings as Float32Array;
  };
  const embedImageBatch = async (pixels: Float32Array, batch: number) =>
    (await (await images.get(batch, 0)).run({ pixels })).embeddings as Float32Array;

  return {
    width,
    logitScale,
    async embedTexts(list) {
      const ids = tokenizer.encode(list);
      const rowOf = (i: number) => ids.subarray(i * tokenizer.maxPositions, (i + 1) * tokenizer.maxPositions);
      return inBatches(list.length, width, checkpoint.folder, (rows) =>
        embedTextBatch(gather(BigInt64Array, rows.map(rowOf)), rows.length),
      );
    },
    async embedImages(list) {
      const size = 3 * config.vision.imageSize ** 2;
      for (const [i, { length }] of list.entries()) {
        if (length !== size)
          throw new Error(
            `embedImages: expected ${size} values, [3, ${config.vision.imageSize}, ${config.vision.imageSize}]; picture ${i} has ${length}`,
          );
      }
      return inBatches(list.length, width, checkpoint.folder, (rows) =>
        embedImageBatch(
          gather(
            Float32Array,
            rows.map((i) => list[i]!),
          ),
          rows.length,
        ),
      );
    },
    async close() {
      await Promise.all([texts.close(), images.close()]);
      await weights.close();
    },
  };
}

/**
 * Sizes of the batches that `count` items are run in; their sum is `count` or more, and the excess of the last one is padding.
 * Rest items are padded to the next size when they fill half of it.
 */
export function planBatches(count: number, sizes: readonly number[] = BATCHES): number[] {
  const plan: number[] = [];
  for (let rest = count; rest > 0; rest -= plan.at(-1)!) {
    const fits = sizes.findLast((size) => size <= rest) ?? sizes[0]!;
    const next = sizes.find((size) => size > rest);
    plan.push(next !== undefined && rest * 2 >= next ? next : fits);
  }
  return plan;
}

/** Runs `embed` on rows of indices, the last index repeated as padding, and normalises what comes back. */
async function inBatches(
  count: number,
  width: number,
  source: string,
  embed: (rows: number[]) => Promise<Float32Array>,
): Promise<Float32Array> {
  const all = new Float32Array(count * width);
  let start = 0;
  for (const size of planBatches(count)) {
    const rows = Array.from({ length: size }, (_, i) => Math.min(start + i, count - 1));
    const embeddings = await embed(rows);
    const kept = Math.min(size, count - start);
    all.set(embeddings.subarray(0, kept * width), start * width);
    start += kept;
  }
  for (let row = 0; row < count; row++) normalize(all.subarray(row * width, (row + 1) * width), source);
  return all;
}

function normalize(row: Float32Array, source: string): void {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(length) || length === 0) {
    throw new ClipError(
      "PICKAPIC_CLIP_WEIGHTS_NOT_FINITE",
      `${source}: expected embeddings of a positive, finite length; got ${length}: its weights are damaged.`,
    );
  }
  for (let i = 0; i < row.length; i++) row[i] = row[i]! / length;
}

/** Columns up to the last end, in steps, so that few sessions are needed. */
function columnsFor(eos: BigInt64Array, most: number): number {
  const longest = Number(eos.reduce((high, place) => (place > high ? place : high))) + 1;
  return Math.min(most, Math.ceil(longest / COLUMN_STEP) * COLUMN_STEP);
}

function cutColumns(ids: BigInt64Array, from: number, to: number): BigInt64Array {
  const rows = ids.length / from;
  return gather(
    BigInt64Array,
    Array.from({ length: rows }, (_, row) => ids.subarray(row * from, row * from + to)),
  );
}

/** Rows one after another in one array. */
function gather<T extends Float32Array | BigInt64Array>(array: { new (length: number): T }, rows: readonly T[]): T {
  const all = new array(rows.length * rows[0]!.length);
  for (const [i, row] of rows.entries()) all.set(row as never, i * row.length);
  return all;
}

function textGraph({ config }: Checkpoint, weights: Weights, batch: number, columns: number): Graph {
  const g = new Graph("text");
  const ids = g.input("ids", "int64", [batch, columns]);
  const eos = g.input("eos", "int64", [batch]);
  g.output("embeddings", textTower(g, config, ids, eos, initializers(g, weights)));
  return g;
}

function imageGraph({ config }: Checkpoint, weights: Weights, batch: number): Graph {
  const g = new Graph("image");
  const pixels = g.input("pixels", "float32", [batch, 3, config.vision.imageSize, config.vision.imageSize]);
  g.output("embeddings", imageTower(g, config, pixels, initializers(g, weights)));
  return g;
}

/** Parameters as ranges of the weight file. A patch embedding comes flat, so that no reshape of it is computed. */
function initializers(g: Graph, weights: Weights): ParameterSource {
  const known = new Map<string, Value>();
  return (name) => {
    const value = known.get(name) ?? g.initializer(name, "float32", flatPatches(weights.shapeOf(name)), weights.locate(name));
    known.set(name, value);
    return value;
  };
}

function flatPatches(shape: Shape): Shape {
  return shape.length === 4 ? [shape[0]!, sizeOf(shape.slice(1))] : shape;
}

/** Float32 weights in files of one folder. */
interface Weights {
  readonly folder: string;
  readonly bytes: number;
  shapeOf(name: string): Shape;
  locate(name: string): ExternalData;
  close(): Promise<void>;
}

/** The checkpoint's own files when they are float32; else a float32 copy in a temporary folder that lives as long as the encoder. */
async function mapWeights({ tensors }: Checkpoint): Promise<Weights> {
  if ([...tensors.values()].every(({ dtype }) => dtype === "F32")) return weightsIn(await resolveLinks(tensors), async () => {});
  const folder = await mkdtemp(join(tmpdir(), "pickapic-float32-"));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const data = await readTensors(tensors);
    await writeSafetensors(
      join(folder, "model.safetensors"),
      new Map([...data].map(([name, each]) => [name, { shape: tensors.get(name)!.shape, data: each }])),
    );
    return weightsIn(await listTensors(join(folder, "model.safetensors")), close);
  } catch (error) {
    await close();
    throw error;
  }
}

function weightsIn(tensors: ReadonlyMap<string, TensorEntry>, close: () => Promise<void>): Weights {
  return {
    folder: dirname(tensors.values().next().value!.file),
    bytes: [...tensors.values()].reduce((sum, { length }) => sum + length, 0),
    shapeOf: (name) => tensors.get(name)!.shape,
    locate: (name) => {
      const { file, offset, length } = tensors.get(name)!;
      return { file: basename(file), offset, length };
    },
    close,
  };
}

/** The hub's cache is a folder of links; ONNX Runtime wants weights inside the folder that it is given. */
async function resolveLinks(tensors: ReadonlyMap<string, TensorEntry>): Promise<Map<string, TensorEntry>> {
  const files = new Map<string, string>();
  for (const { file } of tensors.values()) if (!files.has(file)) files.set(file, await realpath(file));
  return new Map([...tensors].map(([name, entry]) => [name, { ...entry, file: files.get(entry.file)! }]));
}

/** Sessions by batch and columns, opened when first asked for; the one not used for longest is closed when there are too many. */
function sessions(openOne: (batch: number, columns: number) => Promise<Session>) {
  const open = new Map<string, Promise<Session>>();
  return {
    get(batch: number, columns: number): Promise<Session> {
      const key = `${batch} ${columns}`;
      const session = open.get(key) ?? openOne(batch, columns);
      open.delete(key);
      open.set(key, session);
      if (open.size > MOST_SESSIONS) {
        const [oldest, idle] = open.entries().next().value!;
        open.delete(oldest);
        void idle.then((each) => each.close());
      }
      return session;
    },
    async close() {
      for (const session of open.values()) await (await session).close();
      open.clear();
    },
  };
}
