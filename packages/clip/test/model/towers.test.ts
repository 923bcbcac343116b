import { join } from "node:path";
import { Graph, gradients, openSession, type TypedArray, type Value } from "@pickapic/graph";
import { decodePicture } from "@pickapic/pictures";
import { beforeAll, expect, test } from "vitest";
import { type Checkpoint, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import type { Parameters } from "../../src/model/parameters.ts";
import { imageTower, type ParameterSource, textTower } from "../../src/model/towers.ts";
import { preprocess } from "../../src/pixels/pixels.ts";
import { eosPositions } from "../../src/tokenizer/tokenizer.ts";
import { AS_PILLOW, FIXTURES, fixtureJson, type Golden, largestDifference } from "../fixtures.ts";

interface Loaded {
  checkpoint: Checkpoint;
  parameters: Parameters;
  golden: Golden;
  ids: BigInt64Array;
  eos: BigInt64Array;
  pixels: Float32Array;
}

const loaded = new Map<string, Loaded>();

beforeAll(async () => {
  for (const name of ["quickgelu", "gelu"]) {
    const checkpoint = await openCheckpoint(join(FIXTURES, name));
    const golden = fixtureJson<Golden>(`${name}/golden.json`);
    const ids = checkpoint.tokenizer.encode(golden.texts);
    const pictures = await Promise.all(golden.pictures.map((file) => decodePicture(join(FIXTURES, "pictures", file), AS_PILLOW)));
    const pixels = Float32Array.from(pictures.flatMap((picture) => Array.from(preprocess(picture, checkpoint.processor))));
    loaded.set(name, {
      checkpoint,
      parameters: await checkpoint.readAll(),
      golden,
      ids,
      eos: eosPositions(ids, 77, checkpoint.config.text),
      pixels,
    });
  }
});

/** Parameters as inputs, as a trainer hands them in. */
function trained(
  g: Graph,
  { checkpoint, parameters }: Loaded,
): { p: ParameterSource; feeds: Record<string, TypedArray>; inputs: Map<string, Value> } {
  const inputs = new Map<string, Value>();
  const feeds: Record<string, TypedArray> = {};
  const p = (name: string) => {
    const value = inputs.get(name) ?? g.input(name, "float32", checkpoint.tensors.get(name)!.shape);
    inputs.set(name, value);
    feeds[name] = parameters.get(name)!;
    return value;
  };
  return { p, feeds, inputs };
}

async function embed(model: Loaded, columns = 77): Promise<{ text: Float32Array; image: Float32Array }> {
  const g = new Graph("towers");
  const { p, feeds } = trained(g, model);
  const { config } = model.checkpoint;
  const rows = model.eos.length;
  const ids = g.input("ids", "int64", [rows, columns]);
  const eos = g.input("eos", "int64", [rows]);
  const pixels = g.input("pixels", "float32", [model.golden.pictures.length, 3, 24, 24]);
  g.output("text", textTower(g, config, ids, eos, p));
  g.output("image", imageTower(g, config, pixels, p));
  const cut = BigInt64Array.from({ length: rows * columns }, (_, i) => model.ids[Math.floor(i / columns) * 77 + (i % columns)]!);
  const session = await openSession(g, { threads: 1 });
  const results = await session.run({ ...feeds, ids: cut, eos: model.eos, pixels: model.pixels });
  await session.close();
  return { text: results.text as Float32Array, image: results.image as Float32Array };
}

test.each(["quickgelu", "gelu"])("embeddings of %s are transformers' within 1e-5", async (name) => {
  const model = loaded.get(name)!;
  const { text, image } = await embed(model);
  expect(largestDifference(text, model.golden.text.flat())).toBeLessThan(1e-5);
  expect(largestDifference(image, model.golden.image.flat())).toBeLessThan(1e-5);
});

test("columns after the longest end change nothing, so they may be cut off", async () => {
  const model = loaded.get("quickgelu")!;
  const short = { ...model, ids: Array.from(model.golden.texts.keys()), golden: { ...model.golden } };
  const kept = short.ids.filter((row) => model.eos[row]! < 40n);
  expect(kept.length).toBeGreaterThan(2);
  const some: Loaded = {
    ...model,
    ids: BigInt64Array.from(kept.flatMap((row) => Array.from(model.ids.subarray(row * 77, row * 77 + 77)))),
    eos: BigInt64Array.from(kept, (row) => model.eos[row]!),
  };
  const [whole, cut] = [await embed(some), await embed(some, 40)];
  expect(largestDifference(whole.text, cut.text)).toBeLessThan(2e-6);
});

test("a change of the activation shows", async () => {
  const model = loaded.get("gelu")!;
  const { config } = model.checkpoint;
  const other = { ...config, text: { ...config.text, act: "quick_gelu" as const } };
  const { text } = await embed({ ...model, checkpoint: { ...model.checkpoint, config: other } });
  expect(largestDifference(text, model.golden.text.flat())).toBeGreaterThan(1e-4);
});

test("every parameter gets a gradient, and a step down it lowers the loss as much as it says", async () => {
  const model = loaded.get("quickgelu")!;
  const g = new Graph("training");
  const { p, feeds, inputs } = trained(g, model);
  const { config } = model.checkpoint;
  const ids = g.input("ids", "int64", [model.eos.length, 77]);
  const eos = g.input("eos", "int64", [model.eos.length]);
  const pixels = g.input("pixels", "float32", [model.golden.pictures.length, 3, 24, 24]);
  const text = textTower(g, config, ids, eos, p);
  const image = imageTower(g, config, pixels, p);
  const loss = g.mul(g.add(g.sumSquare(text), g.sumSquare(image)), 0.001);
  const wrt = [...inputs.values()];
  g.output("loss", loss);
  for (const [i, gradient] of gradients(g, loss, wrt).entries()) g.output(`d ${wrt[i]!.name}`, gradient);
  const session = await openSession(g, { threads: 1 });
  const data = { ids: model.ids, eos: model.eos, pixels: model.pixels };
  const before = await session.run({ ...feeds, ...data });
  const squared = wrt.map(({ name }) => (before[`d ${name}`] as Float32Array).reduce((sum, value) => sum + value * value, 0));
  // The keys' bias moves all similarities of a query alike, which the softmax does not see.
  for (const [i, { name }] of wrt.entries()) if (!name.endsWith("k_proj.bias")) expect(squared[i], name).toBeGreaterThan(0);
  const total = squared.reduce((sum, value) => sum + value, 0);
  const step = 1e-3 / total;
  const moved = Object.fromEntries(
    wrt.map(({ name }) => [
      name,
      (feeds[name] as Float32Array).map((value, i) => value - step * (before[`d ${name}`] as Float32Array)[i]!),
    ]),
  );
  const after = await session.run({ ...moved, ...data });
  await session.close();
  const [was, is] = [before.loss![0] as number, after.loss![0] as number];
  expect((was - is) / (step * total)).toBeCloseTo(1, 1);
});
