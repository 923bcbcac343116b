/** @file Embeds texts and images with the current parameters of a training, for validation; and runs the frozen layers of a tower alone. */

import { parameterShapes } from "@pickapic/clip";
import { itemAt } from "@pickapic/errors";
import { type Arrays, Graph, openSession, type RealDevice, type Session, type Value } from "@pickapic/graph";
import type { PixelSource } from "../data/pixelCache.ts";
import type { TokenCache } from "../data/tokens.ts";
import type { TowerName } from "../steps/boundary.ts";
import { closeOpened } from "../steps/closeOpened.ts";
import { fitting } from "../steps/gradients.ts";
import { floats, missing, parameterInputs, type Runner } from "../steps/state.ts";
import { excerpt } from "../steps/subgraph.ts";
import { pixelRows } from "./pairFeed.ts";
import { embedImagesIn, embedTextsIn } from "./towers.ts";
import { asTrained, bottomOf, parametersFor, STATES, type Training } from "./training.ts";

/** Embeds texts and images with the current parameters of a training. It caches no embedding, because each step changes them. */
export interface Embedder {
  /** The embedding of each different text, of length 1. */
  texts(texts: Iterable<string>): Promise<Map<string, Float32Array>>;
  /** The embedding of each different image uid, of length 1. */
  images(uids: Iterable<string>): Promise<Map<string, Float32Array>>;
  close(): Promise<void>;
}

/** Texts or images per graph run. A shorter last batch is padded, so that one graph serves all. */
const USUAL_ROWS = 32;

/** How much time and memory an embedder takes, and where it computes. */
export interface EmbedderOptions {
  /** Threads of a graph run; 0: as many as the machine has processors. */
  threads: number;
  rows?: number;
  /** Opens a graph whose runs read the current parameters; on the CPU by default. */
  open?(graph: Graph): Promise<Runner>;
}

/** Makes an embedder that always uses the current parameters. Graphs are opened when a batch first needs them. */
export function createEmbedder(
  training: Training,
  tokens: TokenCache,
  pixels: PixelSource,
  { threads, rows = USUAL_ROWS, open = (graph) => openRunner(graph, training, { threads }) }: EmbedderOptions,
): Embedder {
  const { model } = training;
  const shapes = parameterShapes(model.config);
  const runners = new Map<string, Promise<Runner>>();
  const run = async (key: string, build: (g: Graph) => Value, inputs: Arrays): Promise<Float32Array> => {
    const known = runners.get(key) ?? open(forward(key, build, training));
    runners.set(key, known);
    const { embeddings } = await (await known).run(inputs);
    return floats(embeddings);
  };
  const textRows = (texts: readonly string[]) => {
    const { columns, ...inputs } = tokens.batch(texts, rows);
    const states = training.states && { [STATES.text]: training.states.text.batch(texts, rows) };
    const build = (g: Graph) => embedTextsIn(g, model, rows, columns, parameterInputs(g, shapes));
    return run(`texts of ${columns}`, build, { ...inputs, ...states });
  };
  const imageRows = (uids: readonly string[]) => {
    const inputs: Arrays = training.states
      ? { [STATES.vision]: training.states.vision.batch(uids, rows) }
      : { pixels: pixelRows(model, uids, rows, pixels) };
    return run("images", (g) => embedImagesIn(g, model, rows, parameterInputs(g, shapes)), inputs);
  };
  return {
    texts: (texts) => inBatches(texts, textRows, rows),
    images: (uids) => inBatches(uids, imageRows, rows),
    close: () => closeOpened(runners.values()),
  };
}

/** Opens a graph on the CPU, or on `device`; each run copies the current parameters from the memory of the process. */
async function openRunner(
  graph: Graph,
  training: Training,
  { threads, device }: Pick<EmbedderOptions, "threads"> & { device?: RealDevice },
): Promise<Runner> {
  const session = await openSession(graph, { threads: threads || undefined, keepMemory: false, device });
  return { run: (inputs) => runOn(session, training, inputs), close: () => session.close() };
}

/** Runs a session on `inputs` and the current parameters. */
function runOn(session: Session, training: Training, inputs: Arrays): Promise<Arrays> {
  const names = session.inputs.map(({ name }) => name);
  return session.run({ ...fitting(session, inputs), ...parametersFor(training, names) });
}

function forward(name: string, build: (g: Graph) => Value, training: Training): Graph {
  const g = new Graph(name);
  const rows = build(g);
  const { graph, results } = asTrained(training, g, [rows]);
  graph.output("embeddings", itemAt(results, 0));
  return graph;
}

/** The frozen layers of one tower, opened to run. */
export interface Bottom {
  /** Outputs of the frozen layers for these texts or images, one after another. There are at most `rows` names. */
  run(names: readonly string[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Opens the frozen layers of a tower, for `rows` texts or images at a time. */
export async function openBottom(
  training: Training,
  tower: TowerName,
  tokens: TokenCache,
  pixels: PixelSource,
  { rows, threads, device }: { rows: number; threads: number; device?: RealDevice },
): Promise<Bottom> {
  const { model } = training;
  const whole = new Graph(`frozen bottom of ${tower}`);
  const p = parameterInputs(whole, parameterShapes(model.config));
  // The token cache was made for all captions, so that every batch has as many columns as this one.
  if (tower === "text") embedTextsIn(whole, model, rows, tokens.batch([""], 1).columns, p);
  else embedImagesIn(whole, model, rows, p);
  const { graph, results } = excerpt(whole, { results: [bottomOf(training, whole, tower) ?? missing(`the bottom of ${tower}`)] });
  graph.output("states", itemAt(results, 0));
  const session = await openSession(graph, { threads: threads || undefined, keepMemory: false, device });
  const inputsOf = (names: readonly string[]): Arrays => {
    if (tower === "vision") return { pixels: pixelRows(model, names, rows, pixels) };
    const { ids, eos } = tokens.batch(names, rows);
    return { ids, eos };
  };
  return {
    async run(names) {
      const states = floats((await runOn(session, training, inputsOf(names))).states);
      return states.subarray(0, (states.length / rows) * names.length);
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
