import { cpSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mulberry32 } from "@pickapic/chance";
import { decodePicture } from "@pickapic/pictures";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint, saveCheckpoint } from "../src/checkpoint/checkpoint.ts";
import { convertCheckpoint } from "../src/convert.ts";
import { type Encoder, openEncoder, planBatches } from "../src/encoder.ts";
import type { TowerConfig } from "../src/model/config.ts";
import { initializeParameters } from "../src/model/parameters.ts";
import { preprocess } from "../src/pixels/pixels.ts";
import { AS_PILLOW, FIXTURES, fixtureJson, type Golden, largestDifference, temporaryFolder } from "./fixtures.ts";

const encoders = new Map<string, Encoder>();
const temporaryFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("pickapic-float32-")).length;
const before = temporaryFolders();

beforeAll(async () => {
  for (const name of ["quickgelu", "gelu"])
    encoders.set(name, await openEncoder(await openCheckpoint(join(FIXTURES, name)), { threads: 1 }));
});

afterAll(async () => {
  for (const encoder of encoders.values()) await encoder.close();
  expect(temporaryFolders()).toBe(before);
});

const rows = (data: Float32Array, width: number) =>
  Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width));
const unit = (row: number[]) => row.map((value) => value / Math.hypot(...row));
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

async function pixelsOf(name: string, files: string[]): Promise<Float32Array[]> {
  const { processor } = await openCheckpoint(join(FIXTURES, name));
  return Promise.all(
    files.map(async (file) => preprocess(await decodePicture(join(FIXTURES, "pictures", file), AS_PILLOW), processor)),
  );
}

// `quickgelu` is mapped as it is; `gelu` is float16 and is widened first.
test.each(["quickgelu", "gelu"])(
  "%s: files and texts to embeddings and scores are transformers' within 1e-5 and 1e-3",
  async (name) => {
    const golden = fixtureJson<Golden>(`${name}/golden.json`);
    const encoder = encoders.get(name)!;
    const texts = await encoder.embedTexts(golden.texts);
    const images = await encoder.embedImages(await pixelsOf(name, golden.pictures));
    expect(largestDifference(texts, golden.text.flatMap(unit))).toBeLessThan(1e-5);
    expect(largestDifference(images, golden.image.flatMap(unit))).toBeLessThan(1e-5);
    expect(encoder.logitScale).toBeCloseTo(Math.exp(3.25), 5);
    const scores = rows(texts, encoder.width).map((text) =>
      rows(images, encoder.width).map((image) => encoder.logitScale * dot(text, image)),
    );
    expect(largestDifference(scores.flat(), golden.logits.flat())).toBeLessThan(1e-3);
  },
);

test("a result in a batch, of whatever size and neighbours, equals the result alone within 1e-6", async () => {
  const encoder = encoders.get("quickgelu")!;
  const texts = Array.from({ length: 43 }, (_, i) => `a ${"very ".repeat(i % 23)}red cat, number ${i}`);
  const together = rows(await encoder.embedTexts(texts), encoder.width);
  for (const i of [0, 7, 22, 31, 32, 42])
    expect(largestDifference(together[i]!, await encoder.embedTexts([texts[i]!])), `text ${i}`).toBeLessThan(1e-6);
  const random = mulberry32(3);
  const pixels = texts.map(() => Float32Array.from({ length: 3 * 24 * 24 }, () => random() * 4 - 2));
  const all = rows(await encoder.embedImages(pixels), encoder.width);
  for (const i of [0, 31, 32, 42])
    expect(largestDifference(all[i]!, await encoder.embedImages([pixels[i]!])), `picture ${i}`).toBeLessThan(1e-6);
});

test("layers that are wide enough to be computed in halves, which a single one is not, give the same", async () => {
  const { config, tokenizer, processor } = await openCheckpoint(join(FIXTURES, "quickgelu"));
  const wide = <T extends TowerConfig>(tower: T): T => ({ ...tower, intermediateSize: 1024 });
  const model = { ...config, text: wide(config.text), vision: wide(config.vision) };
  const random = mulberry32(11);
  const parameters = initializeParameters(model, random);
  for (const values of parameters.values()) for (let i = 0; i < values.length; i++) values[i] = values[i]! + (random() - 0.5) / 5;
  const folder = temporaryFolder();
  await saveCheckpoint(folder, { config: model, parameters, tokenizerFiles: tokenizer.files, processor });
  const encoder = await openEncoder(await openCheckpoint(folder), { threads: 1 });
  const pixels = Array.from({ length: 8 }, () => Float32Array.from({ length: 3 * 24 * 24 }, () => random() * 4 - 2));
  const texts = Array.from({ length: 8 }, (_, i) => `${"very ".repeat(i)}red`);
  const [images, words] = [await encoder.embedImages(pixels), await encoder.embedTexts(texts)];
  for (const i of [0, 3, 7]) {
    expect(largestDifference(rows(images, encoder.width)[i]!, await encoder.embedImages([pixels[i]!]))).toBeLessThan(1e-6);
    expect(largestDifference(rows(words, encoder.width)[i]!, await encoder.embedTexts([texts[i]!]))).toBeLessThan(1e-6);
  }
  await encoder.close();
});

test("nothing in gives nothing out, and pixels of another size are a mistake that is named", async () => {
  const encoder = encoders.get("quickgelu")!;
  expect(await encoder.embedTexts([])).toHaveLength(0);
  expect(await encoder.embedImages([])).toHaveLength(0);
  await expect(encoder.embedImages([new Float32Array(5)])).rejects.toThrow(
    "embedImages: expected 1728 values, [3, 24, 24]; picture 0 has 5",
  );
});

test("batches cover all items at the least cost: a batch is filled up only when that is cheaper than smaller ones", () => {
  const plans: [count: number, plan: number[]][] = [
    [0, []],
    [3, [1, 1, 1]],
    [5, [8]],
    [16, [8, 8]],
    [25, [8, 8, 8, 1]],
    [30, [32]],
    [40, [32, 8]],
    [100, [32, 32, 32, 1, 1, 1, 1]],
  ];
  for (const [count, plan] of plans) expect(planBatches(count), `${count}`).toEqual(plan);
  for (let count = 0; count < 200; count++) {
    const plan = planBatches(count);
    const padding = plan.reduce((sum, size) => sum + size, 0) - count;
    expect(padding).toBeGreaterThanOrEqual(0);
    // All padding is in the last batch, and less than half of it.
    expect(padding).toBeLessThan((plan.at(-1) ?? 1) / 2);
  }
});

test("weights are found through links, as in the cache of the hub", async () => {
  const folder = temporaryFolder();
  cpSync(join(FIXTURES, "quickgelu"), join(folder, "snapshot"), { recursive: true });
  renameSync(join(folder, "snapshot/model.safetensors"), join(folder, "blob"));
  symlinkSync("../blob", join(folder, "snapshot/model.safetensors"));
  const encoder = await openEncoder(await openCheckpoint(join(folder, "snapshot")), { threads: 1 });
  expect(await encoder.embedTexts(["a red cat"])).toEqual(await encoders.get("quickgelu")!.embedTexts(["a red cat"]));
  await encoder.close();
});

test("a weight that is not a number is refused by name and place, before there is a score of it", async () => {
  const { config, tokenizer, processor, readAll } = await openCheckpoint(join(FIXTURES, "quickgelu"));
  const parameters = await readAll();
  parameters.get("text_projection.weight")![7] = Number.NaN;
  const folder = temporaryFolder();
  await saveCheckpoint(folder, { config, parameters, tokenizerFiles: tokenizer.files, processor });
  const broken = await openCheckpoint(folder);
  const refusal = {
    code: "PICKAPIC_CLIP_WEIGHTS_NOT_FINITE",
    message: expect.stringContaining(`${folder}: expected finite weights; value 7 of text_projection.weight is NaN`),
  };
  const encoder = await openEncoder(broken, { threads: 1 });
  await expect(encoder.embedTexts(["a cat"])).rejects.toMatchObject(refusal);
  await encoder.close();
  await expect(broken.readAll()).rejects.toMatchObject(refusal);
  await expect(convertCheckpoint(broken, join(folder, "int8"), "int8")).rejects.toMatchObject(refusal);
  // The same in 16 bits, which are widened first.
  const half = join(temporaryFolder(), "half");
  await convertCheckpoint(await openCheckpoint(join(FIXTURES, "quickgelu")), half, "bf16");
  const { file, offset } = (await openCheckpoint(half)).tensors.get("logit_scale")!;
  const bytes = readFileSync(file);
  bytes.writeUInt16LE(0x7f80, offset);
  writeFileSync(file, bytes);
  await expect(openEncoder(await openCheckpoint(half))).rejects.toMatchObject({
    message: expect.stringContaining("value 0 of logit_scale is Infinity"),
  });
});

test("whichever weight of the towers is not finite, either the scores feel it or the model does not open", async () => {
  const folder = join(temporaryFolder(), "broken");
  cpSync(join(FIXTURES, "quickgelu"), folder, { recursive: true });
  const pixels = [new Float32Array(3 * 24 * 24).fill(0.5)];
  const { tensors } = await openCheckpoint(folder);
  const file = join(folder, "model.safetensors");
  const whole = readFileSync(file);
  const attempt = async (name: string) => {
    const encoder = await openEncoder(await openCheckpoint(folder), { threads: 1 });
    await (name.startsWith("text") ? encoder.embedTexts(["a cat"]) : encoder.embedImages(pixels)).finally(() => encoder.close());
  };
  // A row of the tokens' table is felt by the texts that have this token.
  const names = [...tensors.keys()].filter((name) => !name.endsWith("token_embedding.weight"));
  for (const [i, name] of names.entries()) {
    const bytes = Buffer.from(whole);
    bytes.writeFloatLE([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][i % 3]!, tensors.get(name)!.offset);
    writeFileSync(file, bytes);
    await expect(attempt(name), name).rejects.toMatchObject({ message: expect.stringContaining(`value 0 of ${name} is`) });
  }
});

test("embeddings without a length are reported, not scored with", async () => {
  const { config, tokenizer, processor, readAll } = await openCheckpoint(join(FIXTURES, "quickgelu"));
  const parameters = await readAll();
  parameters.get("text_projection.weight")!.fill(0);
  const folder = temporaryFolder();
  await saveCheckpoint(folder, { config, parameters, tokenizerFiles: tokenizer.files, processor });
  const encoder = await openEncoder(await openCheckpoint(folder), { threads: 1 });
  await expect(encoder.embedTexts(["a cat"])).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_WEIGHTS_NOT_FINITE",
    message: `${folder}: expected embeddings of a positive, finite length; got 0: its weights are damaged.`,
  });
  await encoder.close();
});
