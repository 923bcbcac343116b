/** @file Embeddings with the parameters as they are at this moment of training, for validation. */
import { parameterShapes } from "@pickapic/clip";
import { Graph, openSession, type Session, type Value } from "@pickapic/graph";
import type { TowerName } from "./boundary.ts";
import type { TrainModel } from "./model.ts";
import { pixelRows } from "./pairFeed.ts";
import type { PixelSource } from "./pixelCache.ts";
import { fitting } from "./segments.ts";
import { parameterInputs, type TrainState } from "./stepper.ts";
import { excerpt } from "./subgraph.ts";
import type { TokenCache } from "./tokens.ts";
import { embedImagesIn, embedTextsIn } from "./towers.ts";
import { asTrained, bottomOf, parametersFor, STATES, type Training } from "./training.ts";

export interface Embedder {
  /** One unit vector per text, the same text once. */
  texts(texts: Iterable<string>): Promise<Map<string, Float32Array>>;
  /** One unit vector per image uid. */
  images(uids: Iterable<string>): Promise<Map<string, Float32Array>>;
  close(): Promise<void>;
}

/** Rows per run; a shorter last batch is filled up. */
const USUAL_ROWS = 32;

/** When not everything is trained, or memory is short. */
interface EmbedderOptions {
  training?: Training;
  rows?: number;
  keepMemory?: boolean;
}

export function createEmbedder(
  model: TrainModel,
  state: TrainState,
  tokens: TokenCache,
  pixels: PixelSource,
  threads: number,
  { training, rows: rowCount = USUAL_ROWS, keepMemory }: EmbedderOptions = {},
): Embedder {
  const shapes = parameterShapes(model.config);
  const sessions = new Map<string, Promise<Session>>();
  const run = async (
    key: string,
    build: (g: Graph) => Value,
    inputs: Record<string, Uint8Array | BigInt64Array | Float32Array>,
  ) => {
    const known = sessions.get(key) ?? openSession(forward(key, build, training), { threads: threads || undefined, keepMemory });
    sessions.set(key, known);
    const session = await known;
    if (training) {
      const parameters = parametersFor(
        training,
        session.inputs.map(({ name }) => name),
      );
      const { embeddings } = await session.run(fitting(session, { ...inputs, ...parameters }));
      return embeddings as Float32Array;
    }
    const parameters = session.inputs
      .filter(({ name }) => shapes.has(name))
      .map(({ name }) => [name, state.parameters.views.get(name)!]);
    const { embeddings } = await session.run({ ...Object.fromEntries(parameters), ...inputs });
    return embeddings as Float32Array;
  };
  const textRows = (texts: readonly string[]) => {
    const { columns, ...inputs } = tokens.batch(texts, rowCount);
    const states = training?.states && { [STATES.text]: training.states.text.batch(texts, rowCount) };
    return run(`texts of ${columns}`, (g) => embedTextsIn(g, model, rowCount, columns, parameterInputs(g, shapes)), {
      ...inputs,
      ...states,
    });
  };
  const imageRows = (uids: readonly string[]) => {
    const inputs: Record<string, Float32Array | Uint8Array> = training?.states
      ? { [STATES.vision]: training.states.vision.batch(uids, rowCount) }
      : { pixels: pixelRows(model, uids, rowCount, pixels) };
    return run("images", (g) => embedImagesIn(g, model, rowCount, parameterInputs(g, shapes)), inputs);
  };
  return {
    texts: (texts) => inBatches(texts, textRows, rowCount),
    images: (uids) => inBatches(uids, imageRows, rowCount),
    async close() {
      for (const session of await Promise.all(sessions.values())) await session.close();
    },
  };
}

function forward(name: string, build: (g: Graph) => Value, training?: Training): Graph {
  const g = new Graph(name);
  const rows = build(g);
  const { graph, results } = training ? asTrained(training, g, [rows]) : { graph: g, results: [rows] };
  graph.output("embeddings", results[0]!);
  return graph;
}

/** Runs the frozen part of a tower on named texts or images; `rows` at a time, filled up. */
export async function openBottom(
  training: Training,
  tower: TowerName,
  tokens: TokenCache,
  pixels: PixelSource,
  rows: number,
  threads: number,
): Promise<{ run(names: readonly string[]): Promise<Float32Array>; close(): Promise<void> }> {
  const { model } = training;
  const shapes = parameterShapes(model.config);
  const whole = new Graph(`frozen part of ${tower}`);
  const columns = tokens.batch([""], 1).columns;
  const p = parameterInputs(whole, shapes);
  if (tower === "text") embedTextsIn(whole, model, rows, columns, p);
  else embedImagesIn(whole, model, rows, p);
  const { graph, results } = excerpt(whole, { results: [bottomOf(training, whole, tower)!] });
  graph.output("states", results[0]!);
  const session = await openSession(graph, { threads: threads || undefined, keepMemory: false });
  return {
    async run(names) {
      const { columns: _columns, ...ids } = tokens.batch(tower === "text" ? names : [""], rows);
      const inputs = tower === "text" ? ids : { pixels: pixelRows(model, names, rows, pixels) };
      const parameters = parametersFor(
        training,
        session.inputs.map(({ name }) => name),
      );
      const { states } = await session.run(fitting(session, { ...inputs, ...parameters }));
      return states as Float32Array;
    },
    close: () => session.close(),
  };
}

async function inBatches(
  names: Iterable<string>,
  embed: (batch: readonly string[]) => Promise<Float32Array>,
  rowCount: number,
): Promise<Map<string, Float32Array>> {
  const unique = [...new Set(names)];
  const found = new Map<string, Float32Array>();
  for (let start = 0; start < unique.length; start += rowCount) {
    const batch = unique.slice(start, start + rowCount);
    const rows = await embed(batch);
    const width = rows.length / rowCount;
    for (const [i, name] of batch.entries()) found.set(name, rows.slice(i * width, (i + 1) * width));
  }
  return found;
}
