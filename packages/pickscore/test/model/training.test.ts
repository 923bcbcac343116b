import { readFileSync } from "node:fs";
import { join } from "node:path";
import { convertCheckpoint, openCheckpoint } from "@pickapic/clip";
import { describe, expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { createEmbedder } from "../../src/model/embedder.ts";
import { saveTrained, type Training } from "../../src/model/training.ts";
import { runFiles } from "../../src/run/runFiles.ts";
import { closeStates, freezeTowers } from "../../src/train/frozenTowers.ts";
import { distance, openTiny, type TinyData, tinyData, trainTiny } from "../tinyTraining.ts";

shareSessions();

/** Every text and image of the data as a model sees it. */
async function embeddings(training: Training, { tokens, pixels, pairs }: TinyData): Promise<Map<string, Float32Array>> {
  const embedder = createEmbedder(training, tokens, pixels, { threads: 1, rows: 4 });
  const texts = await embedder.texts(pairs.map(({ caption }) => caption));
  const images = await embedder.images(pairs.flatMap(({ image0, image1 }) => [image0, image1]));
  await embedder.close();
  return new Map([...texts, ...images]);
}

const largestDistance = (a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): number =>
  Math.max(...[...a].map(([name, vector]) => distance(vector, b.get(name)!)));

/** The training with the frozen bottoms run once. */
async function frozen(training: Training, { folder, pairs, tokens, pixels }: TinyData): Promise<Training> {
  const states = await freezeTowers(training, pairs, tokens, pixels, {
    files: runFiles(folder),
    origin: "test",
    rows: 3,
    threads: 1,
  });
  return { ...training, states };
}

test("before its first step a model with low-rank additions is the model as it was, to the bit", async () => {
  const data = await tinyData();
  const [plain, adapted] = [await openTiny("all", data), await openTiny("lora:2", data)];
  expect(await embeddings(adapted, data)).toEqual(await embeddings(plain, data));
});

test("merged, low-rank additions are an ordinary checkpoint that computes the same", async () => {
  const data = await tinyData();
  const training = await openTiny("lora:2", data);
  const before = await embeddings(training, data);
  await trainTiny(training, data, { steps: 5, rate: 1e-2 });
  const after = await embeddings(training, data);
  await saveTrained(join(data.folder, "merged"), training);
  const merged = await openTiny("all", { ...data, checkpoint: await openCheckpoint(join(data.folder, "merged")) });
  expect(largestDistance(before, after)).toBeGreaterThan(0.05);
  expect(largestDistance(await embeddings(merged, data), after)).toBeLessThan(1e-5);
});

describe.each(["head", "last:1", "last:9"])("%s", (part) => {
  test("on states from the disk learns what it learns without them", async () => {
    const data = await tinyData();
    const [plain, cached] = [await openTiny(part, data), await frozen(await openTiny(part, data), data)];
    const losses = [plain, cached].map((training) => trainTiny(training, data, { steps: 5, size: 4 }));
    const [ofPlain, ofCached] = await Promise.all(losses);
    for (const [i, loss] of ofPlain!.entries()) expect(Math.abs(ofCached![i]! - loss)).toBeLessThan(1e-6);
    for (const [name, view] of plain.state.parameters.views) {
      if (name.endsWith("k_proj.bias")) continue; // Its gradient is rounding noise, of which AdamW makes whole steps.
      expect(distance(view, cached.state.parameters.views.get(name)!), name).toBeLessThan(1e-5);
    }
    expect(largestDistance(await embeddings(plain, data), await embeddings(cached, data))).toBeLessThan(1e-5);
    closeStates(cached.states);
  });
});

test.each(["head", "last:1", "lora:2"])(
  "after training %s, what it does not train is in the checkpoint to the bit",
  async (part) => {
    const data = await tinyData();
    const training = await openTiny(part, data);
    await trainTiny(training, data, { steps: 3 });
    await saveTrained(join(data.folder, "saved"), training);
    const [before, after] = [await data.checkpoint.readAll(), await (await openCheckpoint(join(data.folder, "saved"))).readAll()];
    const isSame = (name: string) => Buffer.from(before.get(name)!.buffer).equals(Buffer.from(after.get(name)!.buffer));
    const changed = [...before.keys()].filter((name) => !isSame(name));
    const expected = [...before.keys()].filter((name) => training.trained.has(name) || training.trained.has(`${name}.lora_a`));
    expect(changed.sort()).toEqual(expected.sort());
  },
);

test("a model of 8-bit weights can be trained on: it is read as float32", async () => {
  const data = await tinyData();
  const folder = join(data.folder, "small");
  await convertCheckpoint(data.checkpoint, folder, "int8");
  const checkpoint = await openCheckpoint(folder);
  const training = await openTiny("lora:2", { ...data, checkpoint });
  await saveTrained(join(data.folder, "wide"), training);
  const wide = await openCheckpoint(join(data.folder, "wide"));
  expect(new Set([...wide.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["F32"]));
  expect(await wide.readAll()).toEqual(await checkpoint.readAll());
});

test("weights that are not numbers are refused, and named", async () => {
  const data = await tinyData();
  const broken = {
    ...data.checkpoint,
    read: async (name: string) => (await data.checkpoint.read(name)).fill(name.startsWith("text_projection") ? Number.NaN : 0),
  };
  await expect(openTiny("head", { ...data, checkpoint: broken })).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_WEIGHTS_NOT_FINITE",
    message: expect.stringContaining("text_projection.weight"),
  });
});

test("the file of the frozen states is what it says: rows of the towers' bottoms", async () => {
  const data = await tinyData();
  const training = await frozen(await openTiny("head", data), data);
  const { texts } = { texts: new Set(data.pairs.map(({ caption }) => caption)).size };
  expect(readFileSync(join(data.folder, "frozen-text.bin")).length).toBe(texts * 16 * 4);
  expect(readFileSync(join(data.folder, "frozen-vision.bin")).length).toBe(2 * data.pairs.length * 16 * 4);
  closeStates(training.states);
});
