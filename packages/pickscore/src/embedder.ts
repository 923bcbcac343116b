/** @file Embeddings with the parameters as they are at this moment of training, for validation. */
import { parameterShapes } from "@pickapic/clip";
import { Graph, openSession, type Session } from "@pickapic/graph";
import type { TrainModel } from "./model.ts";
import { pixelRows } from "./pairFeed.ts";
import type { PixelSource } from "./pixelCache.ts";
import { parameterInputs, type TrainState } from "./stepper.ts";
import type { TokenCache } from "./tokens.ts";
import { embedImagesIn, embedTextsIn } from "./towers.ts";

export interface Embedder {
  /** One unit vector per text, the same text once. */
  texts(texts: Iterable<string>): Promise<Map<string, Float32Array>>;
  /** One unit vector per image uid. */
  images(uids: Iterable<string>): Promise<Map<string, Float32Array>>;
  close(): Promise<void>;
}

/** Rows per run; a shorter last batch is filled up. */
const ROWS = 32;

export function createEmbedder(
  model: TrainModel,
  state: TrainState,
  tokens: TokenCache,
  pixels: PixelSource,
  threads: number,
): Embedder {
  const shapes = parameterShapes(model.config);
  const sessions = new Map<string, Promise<Session>>();
  const run = async (
    key: string,
    build: (g: Graph) => Parameters<Graph["output"]>[1],
    inputs: Record<string, Uint8Array | BigInt64Array>,
  ) => {
    const known = sessions.get(key) ?? openSession(forward(key, build), { threads: threads || undefined });
    sessions.set(key, known);
    const session = await known;
    const parameters = session.inputs
      .filter(({ name }) => shapes.has(name))
      .map(({ name }) => [name, state.parameters.views.get(name)!]);
    const { embeddings } = await session.run({ ...Object.fromEntries(parameters), ...inputs });
    return embeddings as Float32Array;
  };
  const textRows = (texts: readonly string[]) => {
    const { columns, ...inputs } = tokens.batch(texts, ROWS);
    return run(`texts of ${columns}`, (g) => embedTextsIn(g, model, ROWS, columns, parameterInputs(g, shapes)), inputs);
  };
  const imageRows = (uids: readonly string[]) =>
    run("images", (g) => embedImagesIn(g, model, ROWS, parameterInputs(g, shapes)), {
      pixels: pixelRows(model, uids, ROWS, pixels),
    });
  return {
    texts: (texts) => inBatches(texts, textRows),
    images: (uids) => inBatches(uids, imageRows),
    async close() {
      for (const session of await Promise.all(sessions.values())) await session.close();
    },
  };
}

function forward(name: string, build: (g: Graph) => Parameters<Graph["output"]>[1]): Graph {
  const g = new Graph(name);
  g.output("embeddings", build(g));
  return g;
}

async function inBatches(
  names: Iterable<string>,
  embed: (batch: readonly string[]) => Promise<Float32Array>,
): Promise<Map<string, Float32Array>> {
  const unique = [...new Set(names)];
  const found = new Map<string, Float32Array>();
  for (let start = 0; start < unique.length; start += ROWS) {
    const batch = unique.slice(start, start + ROWS);
    const rows = await embed(batch);
    const width = rows.length / ROWS;
    for (const [i, name] of batch.entries()) found.set(name, rows.slice(i * width, (i + 1) * width));
  }
  return found;
}
