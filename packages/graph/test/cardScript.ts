/** @file Run by deviceTensors.test.ts with a software card as "webgpu": prints what came of it as JSON. */
import { Graph, openDeviceMemory, openDeviceSession, openSession } from "../src/index.ts";
import { attention, walk } from "./deviceCases.ts";

const { graph, feeds } = attention();
const [onCard, onProcessor] = [await openSession(graph, { device: "webgpu" }), await openSession(graph)];
const [card, processor] = [await onCard.run(feeds), await onProcessor.run(feeds)];
/** Largest difference beside the largest value, for each result. */
const differences = Object.keys(card).map((name) => {
  const [a, b] = [card[name] as Float32Array, processor[name] as Float32Array];
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / Math.max(...b.map(Math.abs));
});

const freed = await openDeviceMemory("webgpu").then(async (memory) => {
  const g = new Graph("freed");
  g.output("y", g.add(g.input("x", "float32", [2]), 1));
  const session = await openDeviceSession(g, { device: "webgpu" });
  const x = await memory.put(Float32Array.of(1, 2), [2]);
  x.free();
  return session.run({ x }).then(
    () => "ran",
    (error: Error) => error.message,
  );
});

// A pipe is written behind the scenes: ended at once, the process would take the rest with it.
process.stdout.write(`${JSON.stringify({ walk: await walk("webgpu"), differences, freed })}\n`, () => process.exit(0));
