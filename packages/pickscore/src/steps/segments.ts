/**
 * @file Activation checkpointing (Chen et al. 2016): the towers run layer by layer, only the outputs of layers are kept, and backward computes the
 * other activations of each layer again.
 */

import type { ClipConfig } from "@pickapic/clip";
import { entryOf, itemAt } from "@pickapic/errors";
import { type Arrays, type Graph, printGraph, type Session, sizeOf, type Value } from "@pickapic/graph";
import { layerInput } from "./boundary.ts";
import { addGradients, fitting, gradientName, type PairGraph, sumName } from "./gradients.ts";
import { excerpt } from "./subgraph.ts";

/** A training graph in segments, for activation checkpointing. */
export interface Segments {
  /** Runs forward and backward of one micro-batch and adds its gradients to `sums`. @returns the loss */
  run(inputs: Arrays, parameterOf: (name: string) => Float32Array, sums: ReadonlyMap<string, Float32Array>): Promise<number>;
}

type Open = (graph: Graph) => Promise<Session>;

/** A stretch of a tower, usually one layer. In its sessions the number of the layer in names is "#", so that equal layers share their sessions. */
interface Segment {
  from: Value | null;
  to: Value;
  forward: Session;
  backward: Session;
  /** Name of a tensor in the sessions -> its name in the model. */
  names: ReadonlyMap<string, string>;
  trained: readonly string[];
}

const X = "x of segment";
const DY = "gradient of y";
/**
 * Cuts a training graph into segments.
 * @param trained names of the trained tensors
 * @param open opens a session, which the caller closes; it is called once for equal graphs
 */
export async function openSegments(
  pair: PairGraph,
  config: ClipConfig,
  trained: ReadonlySet<string>,
  open: Open,
): Promise<Segments> {
  const sessions = new Map<string, Promise<Session>>();
  const openOnce: Open = (graph) => {
    const key = printGraph(graph);
    const known = sessions.get(key) ?? open(graph);
    sessions.set(key, known);
    return known;
  };
  const towers: Segment[][] = [];
  for (const tower of ["text", "vision"] as const) towers.push(await towerSegments(pair, config, tower, trained, openOnce));
  const last = await lossSession(pair, trained, openOnce);
  return {
    async run(inputs, parameterOf, sums) {
      const [texts, images] = [
        await forward(itemAt(towers, 0), inputs, parameterOf),
        await forward(itemAt(towers, 1), inputs, parameterOf),
      ];
      const [dTexts, dImages] = [
        new Float32Array(itemAt(texts, texts.length - 1).length),
        new Float32Array(itemAt(images, images.length - 1).length),
      ];
      const scale = sums.get("logit_scale");
      const results = {
        ...(scale && { [gradientName("logit_scale")]: scale }),
        [gradientName("texts")]: dTexts,
        [gradientName("images")]: dImages,
      };
      const feeds = {
        ...inputs,
        texts: itemAt(texts, texts.length - 1),
        images: itemAt(images, images.length - 1),
        logit_scale: parameterOf("logit_scale"),
        ...(scale && { [sumName("logit_scale")]: scale }),
      };
      const { loss } = await last.run(fitting(last, feeds), results);
      await backward(itemAt(towers, 0), texts, dTexts, inputs, parameterOf, sums);
      await backward(itemAt(towers, 1), images, dImages, inputs, parameterOf, sums);
      return Number(loss?.[0]);
    },
  };
}

async function towerSegments(
  { graph, text, image }: PairGraph,
  config: ClipConfig,
  tower: "text" | "vision",
  trained: ReadonlySet<string>,
  open: Open,
): Promise<Segment[]> {
  const inputs = Array.from({ length: config[tower].layers }, (_, i) => layerInput(graph, tower, i)).filter((x) => x !== null);
  const fed: ReadonlySet<Value> = new Set(graph.inputs);
  const ends = [...inputs.filter((x) => !fed.has(x)), tower === "text" ? text : image];
  const starts = [inputs.find((x) => fed.has(x)) ?? null, ...ends.slice(0, -1)];
  const segments: Segment[] = [];
  for (const [i, to] of ends.entries()) segments.push(await openSegment(graph, itemAt(starts, i), to, trained, open));
  return segments;
}

async function openSegment(
  graph: Graph,
  from: Value | null,
  to: Value,
  trained: ReadonlySet<string>,
  open: Open,
): Promise<Segment> {
  const names = new Map<string, string>();
  const rename = (name: string) => {
    const short = name.replace(/\.layers\.\d+\./, ".layers.#.");
    names.set(short, name);
    return short;
  };
  const copyOfSegment = () => {
    const copy = excerpt(graph, { results: [to], cuts: new Map(from ? [[from, X]] : []), rename });
    return { g: copy.graph, y: itemAt(copy.results, 0) };
  };
  const once = copyOfSegment();
  once.g.output("y", once.y);
  const { g, y } = copyOfSegment();
  const wrt = g.inputs.filter((x) => trained.has(names.get(x.name) ?? ""));
  const x = g.inputs.filter(({ name }) => name === X);
  addGradients(g, y, wrt, x, g.input(DY, "float32", y.shape));
  return { from, to, names, trained: wrt.map(({ name }) => name), forward: await open(once.g), backward: await open(g) };
}

async function lossSession({ graph, loss, text, image }: PairGraph, trained: ReadonlySet<string>, open: Open): Promise<Session> {
  const cuts = new Map([[text, "texts"], [image, "images"]]); // biome-ignore format: pairs
  const copy = excerpt(graph, { results: [loss], cuts });
  const g = copy.graph;
  const inputs = (names: readonly string[]) => g.inputs.filter(({ name }) => names.includes(name));
  g.output("loss", itemAt(copy.results, 0));
  addGradients(
    g,
    itemAt(copy.results, 0),
    trained.has("logit_scale") ? inputs(["logit_scale"]) : [],
    inputs(["texts", "images"]),
  );
  return open(g);
}

/** Runs the segments forward. @returns the input of each segment, and then the output of the last */
async function forward(
  tower: readonly Segment[],
  inputs: Arrays,
  parameterOf: (name: string) => Float32Array,
): Promise<Float32Array[]> {
  const states: Float32Array[] = [];
  const start = itemAt(tower, 0).from;
  const given = start === null ? undefined : inputs[start.name];
  let x = given instanceof Float32Array ? given : new Float32Array();
  for (const { forward: session, names, to } of tower) {
    states.push(x);
    const y = new Float32Array(sizeOf(to.shape));
    await session.run(fitting(session, { ...inputs, ...parameters(session, names, parameterOf), [X]: x }), { y });
    x = y;
  }
  return [...states, x];
}

async function backward(
  tower: readonly Segment[],
  states: readonly Float32Array[],
  gradient: Float32Array,
  inputs: Arrays,
  parameterOf: (name: string) => Float32Array,
  sums: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const first = tower.findIndex(({ trained }) => trained.length > 0);
  let dy = gradient;
  for (let i = tower.length - 1; i >= first && first >= 0; i--) {
    const { backward: session, names, trained } = itemAt(tower, i);
    const own = trained.map((name) => [name, entryOf(sums, entryOf(names, name))] as const);
    const results: Record<string, Float32Array> = Object.fromEntries(own.map(([name, sum]) => [gradientName(name), sum]));
    const x = itemAt(states, i);
    const dx = new Float32Array(x.length);
    if (session.outputs.some(({ name }) => name === gradientName(X))) results[gradientName(X)] = dx;
    const before = Object.fromEntries(own.map(([name, sum]) => [sumName(name), sum]));
    const feeds = { ...inputs, ...parameters(session, names, parameterOf), ...before, [X]: x, [DY]: dy };
    await session.run(fitting(session, feeds), results);
    dy = dx;
  }
}

function parameters(session: Session, names: ReadonlyMap<string, string>, parameterOf: (name: string) => Float32Array): Arrays {
  const known = session.inputs.flatMap(({ name, role }) =>
    role === "parameter" && names.has(name) ? [[name, parameterOf(entryOf(names, name))] as const] : [],
  );
  return Object.fromEntries(known);
}
