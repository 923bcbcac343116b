/** @file Encodes texts and pictures as unit vectors. */

import { floatAt, itemAt } from "@pickapic/errors";
import { type Arrays, type Device, Graph, openSession, type Session } from "@pickapic/graph";
import type { Checkpoint } from "./checkpoint/checkpoint.ts";
import { checkFinite } from "./checkpoint/tensorValues.ts";
import { ClipError } from "./errors.ts";
import { imageTower, type ParameterSource, textTower } from "./model/towers.ts";
import { initializers, mapWeights } from "./model/weights.ts";
import { eosPositions } from "./tokenizer/tokenizer.ts";

/** Both towers of a CLIP, ready to embed texts and pictures. The cosine of two embeddings is their dot product. */
export interface Encoder {
  /** Length of an embedding. */
  readonly width: number;
  /** T = exp(logit_scale), the factor from cosine to score; 100 for most published models. */
  readonly logitScale: number;
  /** [texts, width], rows of length 1. */
  embedTexts(texts: readonly string[]): Promise<Float32Array>;
  /** [pictures, width], rows of length 1. Pixels are those of `preprocess`. */
  embedImages(pixels: readonly Float32Array[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Where an encoder runs. Default: the CPU, with all its cores. */
export interface EncoderOptions {
  /** Default: all processors. */
  readonly threads?: number;
  readonly device?: Device;
  /** Lets threads wait awake for the next op: faster where nothing else needs the processors. Default true. */
  readonly spin?: boolean;
}

/** Batch sizes. Shapes are static, so each size has a session, which is opened when first needed. */
const BATCHES = [1, 8, 32];
/** Texts are cut to a multiple of this many tokens. */
const COLUMN_STEP = 16;
/** Most open sessions of a tower. When one more opens, the one that was used longest ago is closed. */
const MOST_SESSIONS = 4;
/**
 * Bytes of weights up to which they are rearranged ("prepacked"). That makes small batches 1.5 times faster, but takes a copy per
 * session.
 */
const MOST_PREPACKED = 2 ** 30;

/**
 * Opens both towers for inference, with the weights mapped from the checkpoint's file. An embedding differs by less than 1e-6
 * between batches. Running blocks the event loop, so do not call it in a process that answers requests.
 * @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE, naming the weight: at once for a 16-bit or int8 model, else when a result
 * is not finite
 */
export async function openEncoder(checkpoint: Checkpoint, options: EncoderOptions = {}): Promise<Encoder> {
  const { config, tokenizer, folder } = checkpoint;
  const logitScale = await readTemperature(checkpoint);
  const weights = await mapWeights(checkpoint);
  const prepack = weights.bytes < MOST_PREPACKED;
  const run = { ...options, externalFolder: weights.folder, prepack };
  // Published checkpoints may contain integers besides weights (position_ids). Here, weights are float32 or int8.
  const isQuantized = [...weights.tensors.values()].some(({ dtype }) => dtype === "I8");
  const cuts = prepack && !isQuantized && (options.device ?? "cpu") === "cpu";
  /** Cutting weights takes as long as it saves in 40 pictures, so it is not done for single ones. */
  const parameters = (g: Graph, batch: number) => initializers(g, weights, { cuts: cuts && batch > 1 });
  const open = (g: Graph) => openSession(g, run);
  const refuse = async (length: number) => {
    await weights.check();
    throw notFinite(folder, length);
  };
  const texts = runTower(textTowerOf(checkpoint, parameters), config.projectionDim, refuse, open);
  const images = runTower(imageTowerOf(checkpoint, parameters), config.projectionDim, refuse, open);
  return {
    width: config.projectionDim,
    logitScale,
    embedTexts: (list) => texts.embed(rowsOf(tokenizer.encode(list), tokenizer.maxPositions)),
    embedImages: async (list) => images.embed(checkSizes(list, config.vision.imageSize)),
    async close() {
      await texts.close();
      await images.close();
      await weights.close();
    },
  };
}

/** exp(logit_scale), checked here because no embedding would show that it is broken. */
async function readTemperature({ read, folder }: Checkpoint): Promise<number> {
  const logarithm = await read("logit_scale");
  checkFinite(folder, "logit_scale", logarithm);
  return Math.exp(floatAt(logarithm, 0));
}

/** The weights in the graph of a batch. */
type ParametersOf = (g: Graph, batch: number) => ParameterSource;

/** What `runTower` needs of a tower. Rows of a batch have the same number of columns; pictures have none. */
interface Tower<Row> {
  columns(rows: readonly Row[]): number;
  graph(batch: number, columns: number): Graph;
  feeds(rows: readonly Row[], columns: number): Arrays;
}

function textTowerOf({ config, tokenizer }: Checkpoint, parameters: ParametersOf): Tower<BigInt64Array> {
  const ends = (rows: readonly BigInt64Array[]) => eosPositions(gather(BigInt64Array, rows), tokenizer.maxPositions, config.text);
  return {
    columns(rows) {
      const longest = Number(ends(rows).reduce((high, position) => (position > high ? position : high))) + 1;
      return Math.min(tokenizer.maxPositions, Math.ceil(longest / COLUMN_STEP) * COLUMN_STEP);
    },
    graph(batch, columns) {
      const g = new Graph("text");
      const ids = g.input("ids", "int64", [batch, columns]);
      const eos = g.input("eos", "int64", [batch]);
      g.output("embeddings", textTower(g, config, ids, eos, parameters(g, batch)));
      return g;
    },
    feeds: (rows, columns) => ({
      ids: gather(
        BigInt64Array,
        rows.map((row) => row.subarray(0, columns)),
      ),
      eos: ends(rows),
    }),
  };
}

function imageTowerOf({ config }: Checkpoint, parameters: ParametersOf): Tower<Float32Array> {
  const side = config.vision.imageSize;
  return {
    columns: () => 0,
    graph(batch) {
      const g = new Graph("image");
      const pixels = g.input("pixels", "float32", [batch, 3, side, side]);
      g.output("embeddings", imageTower(g, config, pixels, parameters(g, batch)));
      return g;
    },
    feeds: (rows) => ({ pixels: gather(Float32Array, rows) }),
  };
}

/** Throws the error for an embedding without a length. */
type Refuse = (length: number) => Promise<never>;

/** Runs a tower in batches, one call after the other, and leaves the most recently used sessions open. */
function runTower<Row>(tower: Tower<Row>, width: number, refuse: Refuse, openOne: (g: Graph) => Promise<Session>) {
  const sessions = new Map<string, Session>();
  let last: Promise<unknown> = Promise.resolve();

  async function sessionFor(batch: number, columns: number): Promise<Session> {
    const key = `${batch} ${columns}`;
    const session = sessions.get(key) ?? (await openOne(tower.graph(batch, columns)));
    sessions.delete(key);
    sessions.set(key, session);
    const [oldest] = sessions;
    if (oldest && sessions.size > MOST_SESSIONS) {
      sessions.delete(oldest[0]);
      await oldest[1].close();
    }
    return session;
  }

  async function embedAll(rows: readonly Row[]): Promise<Float32Array> {
    const all = new Float32Array(rows.length * width);
    let start = 0;
    for (const size of planBatches(rows.length)) {
      // The last row is repeated as padding.
      const batch = Array.from({ length: size }, (_, i) => itemAt(rows, Math.min(start + i, rows.length - 1)));
      const columns = tower.columns(batch);
      const { embeddings } = await (await sessionFor(size, columns)).run(tower.feeds(batch, columns));
      if (!(embeddings instanceof Float32Array))
        throw new Error("runTower: expected embeddings in float32; the graph gives others");
      all.set(embeddings.subarray(0, (rows.length - start) * width), start * width);
      start += size;
    }
    for (const row of rowsOf(all, width)) if (!normalize(row)) await refuse(lengthOf(row));
    return all;
  }

  /** Runs calls one after the other, so that no session is closed while another call is about to use it. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  return {
    embed: (rows: readonly Row[]) => inTurn(() => embedAll(rows)),
    close: () =>
      inTurn(async () => {
        for (const session of sessions.values()) await session.close();
        sessions.clear();
      }),
  };
}

/** The fixed cost of a batch, in items: one picture alone takes about as long as 1.8 pictures of a batch. */
const OVERHEAD = 0.8;

/**
 * Returns the cheapest sizes of batches for `count` items. Their sum is at least `count`; the excess is padding of the last
 * batch.
 */
export function planBatches(count: number, sizes: readonly number[] = BATCHES): number[] {
  const largest = Math.max(...sizes);
  // All but the last few of many items are in batches of the largest size.
  const whole = Math.max(0, Math.floor(count / largest) - 1);
  const plans: { cost: number; sizes: number[] }[] = [{ cost: 0, sizes: [] }];
  for (let n = 1; n <= count - whole * largest; n++) {
    const choices = sizes.map((size) => {
      const rest = itemAt(plans, Math.max(0, n - size));
      return { cost: size + OVERHEAD + rest.cost, sizes: [size, ...rest.sizes] };
    });
    plans.push(choices.reduce((a, b) => (b.cost < a.cost ? b : a)));
  }
  const last = itemAt(plans, plans.length - 1);
  return [...Array<number>(whole).fill(largest), ...last.sizes.sort((a, b) => b - a)];
}

const lengthOf = (row: Float32Array): number => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));

/** Scales a row to length 1; false when its length is 0 or not finite. */
function normalize(row: Float32Array): boolean {
  const length = lengthOf(row);
  if (!Number.isFinite(length) || length === 0) return false;
  for (let i = 0; i < row.length; i++) row[i] = floatAt(row, i) / length;
  return true;
}

function notFinite(source: string, length: number): ClipError {
  return new ClipError(
    "PICKAPIC_CLIP_WEIGHTS_NOT_FINITE",
    source,
    "embeddings of a positive, finite length",
    `got ${length}: its weights are damaged`,
  );
}

function checkSizes(pixels: readonly Float32Array[], side: number): readonly Float32Array[] {
  const size = 3 * side ** 2;
  for (const [i, { length }] of pixels.entries()) {
    if (length !== size)
      throw new Error(`embedImages: expected ${size} values, [3, ${side}, ${side}]; picture ${i} has ${length}`);
  }
  return pixels;
}

/** What typed arrays of one kind can do with each other. */
interface Joinable<T> {
  readonly length: number;
  set(row: T, offset: number): void;
  subarray(start: number, end: number): T;
}

/** Copies rows of equal length into one array. */
function gather<T extends Joinable<T>>(array: { new (length: number): T }, rows: readonly T[]): T {
  const all = new array(rows.length * itemAt(rows, 0).length);
  for (const [i, row] of rows.entries()) all.set(row, i * row.length);
  return all;
}

/** The rows of an array, as views. */
function rowsOf<T extends Joinable<T>>(all: T, width: number): T[] {
  return Array.from({ length: all.length / width }, (_, i) => all.subarray(i * width, (i + 1) * width));
}
