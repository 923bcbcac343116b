import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mulberry32 } from "@pickapic/chance";
import { expect, test } from "vitest";
import { fillDiskFor } from "../../../test/support/fullDisk.ts";
import { openCheckpoint, saveCheckpoint } from "../src/checkpoint/checkpoint.ts";
import { convertCheckpoint, toBrain, type WeightKind, weightKind } from "../src/convert.ts";
import { openEncoder } from "../src/encoder.ts";
import { parameterShapes } from "../src/model/parameters.ts";
import { dequantize, quantize } from "../src/model/quantize.ts";
import { FIXTURES, fixtureJson, type Golden, largestDifference, temporaryFolder } from "./fixtures.ts";

const SOURCE = join(FIXTURES, "quickgelu");

async function converted(kind: WeightKind) {
  const folder = join(temporaryFolder(), kind);
  const whole = await openCheckpoint(SOURCE);
  await convertCheckpoint(whole, folder, kind);
  return { whole, folder, checkpoint: await openCheckpoint(folder) };
}

test("f32 is the same model again", async () => {
  const { whole, checkpoint } = await converted("f32");
  expect(await checkpoint.readAll()).toEqual(await whole.readAll());
  expect(checkpoint.config).toEqual(whole.config);
  expect(checkpoint.processor).toEqual(whole.processor);
});

test.each([
  ["f16", 2 ** -11, "float16"],
  ["bf16", 2 ** -8, "bfloat16"],
] as const)("%s rounds each weight by at most half a step, and takes half the room", async (kind, step, dtype) => {
  const { whole, folder, checkpoint } = await converted(kind);
  for (const [name, exact] of await whole.readAll()) {
    const rounded = await checkpoint.read(name);
    for (const [i, value] of exact.entries())
      if (Math.abs(rounded[i]! - value) > Math.max(Math.abs(value) * step, 2 ** -25)) throw new Error(`${name} ${i}: ${value}`);
  }
  const size = (path: string) => statSync(join(path, "model.safetensors")).size;
  expect(size(folder) / size(SOURCE)).toBeLessThan(0.6);
  expect(JSON.parse(readFileSync(join(folder, "config.json"), "utf8"))).toMatchObject({ model_type: "clip", dtype });
});

test("bfloat16 rounds to the nearest, ties to even, as PyTorch does", () => {
  const { bits } = fixtureJson<{ bits: Record<string, number[]> }>("tensors.json");
  const floats = new Float32Array(Uint32Array.from(bits.f32!).buffer);
  expect(Array.from(toBrain(floats), (half) => (half << 16) >>> 0)).toEqual(bits.bf16);
  const ties = Uint32Array.of(0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0xbf818000);
  expect([...toBrain(new Float32Array(ties.buffer))]).toEqual([0x3f80, 0x3f82, 0x3f81, 0x3f80, 0xbf82]);
});

test("an f16 that would become infinite is refused with its tensor, and nothing is left", async () => {
  const { config, tokenizer, processor, readAll } = await openCheckpoint(SOURCE);
  const parameters = await readAll();
  parameters.get("visual_projection.weight")![3] = 70_000;
  const folder = temporaryFolder();
  await saveCheckpoint(folder, { config, parameters, tokenizerFiles: tokenizer.files, processor });
  const out = join(temporaryFolder(), "out");
  await expect(convertCheckpoint(await openCheckpoint(folder), out, "f16")).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_CONVERSION_REFUSED",
    message: expect.stringMatching(/value 3 of visual_projection.weight is 70000, and f16 ends at 65504: take bf16 or f32/),
  });
  expect(existsSync(out)).toBe(false);
});

test.runIf(process.platform === "linux")(
  "a disk that is full before or during a conversion is one sentence, and nothing is left",
  async () => {
    const place = temporaryFolder();
    const out = join(place, "out");
    const whole = await openCheckpoint(SOURCE);
    const full = {
      code: "PICKAPIC_CLIP_DISK_FULL",
      message: expect.stringMatching(/^\S+out: the disk of \S+ is full: the model takes 1 MB there: free some space, or choose/),
    };
    await expect(convertCheckpoint(whole, out, "f32", { freeBytes: async () => 10_000 })).rejects.toMatchObject(full);
    // While the weights are written, and while the config is, when the weights are there.
    for (const file of ["model.safetensors", "config.json"]) {
      const makeRoom = fillDiskFor(file);
      await expect(convertCheckpoint(whole, out, "f32").finally(makeRoom), file).rejects.toMatchObject(full);
      expect(readdirSync(place)).toEqual([]);
    }
  },
);

test("a file where the folder should be is named, and left as it was", async () => {
  const out = join(temporaryFolder(), "out");
  writeFileSync(out, "mine");
  await expect(convertCheckpoint(await openCheckpoint(SOURCE), out, "f32")).rejects.toMatchObject({ code: "EEXIST", path: out });
  expect(readFileSync(out, "utf8")).toBe("mine");
});

test("a conversion that fails or is stopped leaves the model that was there as it was", async () => {
  const { folder, whole } = await converted("f32");
  const before = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]);
  const stop = new AbortController();
  const onProgress = ({ done }: { done: number }) => done === 20 && stop.abort(new Error("stopped"));
  await expect(convertCheckpoint(whole, folder, "bf16", { signal: stop.signal, onProgress })).rejects.toThrow("stopped");
  expect(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])).toEqual(before);
});

test("a model over another leaves nothing of the other", async () => {
  const { folder } = await converted("f32");
  writeFileSync(join(folder, "model.onnx"), "points into other weights");
  expect(existsSync(join(folder, "vocab.json"))).toBe(true);
  await convertCheckpoint(await openCheckpoint(join(FIXTURES, "gelu")), folder, "f16");
  expect(readdirSync(folder).sort()).toEqual(
    ["config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"].sort(),
  );
});

test("the kind of weights is known from their tensors", async () => {
  for (const kind of ["f32", "f16", "bf16", "int8"] as const) expect(weightKind((await converted(kind)).checkpoint)).toBe(kind);
  const { checkpoint } = await converted("f16");
  const [name, entry] = [...checkpoint.tensors][0]!;
  expect(weightKind({ tensors: new Map([...checkpoint.tensors, [name, { ...entry, dtype: "F32" }]]) })).toBe(null);
});

test("a model is not converted into its own folder", async () => {
  const { checkpoint, folder } = await converted("f32");
  await expect(convertCheckpoint(checkpoint, join(folder, "."), "f16")).rejects.toThrow(/expected another folder/);
});

test("integers stand for weights within half a step of their row, and 7 bits are all that products use", () => {
  const random = mulberry32(4);
  const weight = Float32Array.from({ length: 6 * 10 }, () => random() - 0.5);
  weight.fill(0, 0, 10);
  for (const [form, most] of [
    ["product", 64],
    ["rows", 127],
  ] as const) {
    const quantized = quantize(form, weight, [6, 10]);
    expect(Math.max(...quantized.values)).toBeLessThanOrEqual(most);
    expect(Math.max(...quantized.values.map(Math.abs))).toBe(most);
    const back = dequantize(form, quantized);
    for (const [i, value] of weight.entries())
      expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(quantized.scales[Math.floor(i / 10)]! * 0.5001);
  }
});

test("an int8 model scores nearly as its float32 twin, and in a batch exactly as alone", async () => {
  const golden = fixtureJson<Golden>("quickgelu/golden.json");
  const { whole, checkpoint } = await converted("int8");
  const encoder = await openEncoder(checkpoint, { threads: 1 });
  const exact = await openEncoder(whole, { threads: 1 });
  const random = mulberry32(5);
  const pixels = Array.from({ length: 9 }, (_, k) =>
    Float32Array.from({ length: 3 * 24 * 24 }, () => (k + 1) * (random() - 0.5)),
  );
  const { width } = encoder;
  for (const [all, twin, alone, count] of [
    [
      await encoder.embedTexts(golden.texts),
      await exact.embedTexts(golden.texts),
      (i: number) => encoder.embedTexts([golden.texts[i]!]),
      golden.texts.length,
    ],
    [await encoder.embedImages(pixels), await exact.embedImages(pixels), (i: number) => encoder.embedImages([pixels[i]!]), 9],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const row = all.subarray(i * width, (i + 1) * width);
      const cosine = row.reduce((sum, value, k) => sum + value * twin[i * width + k]!, 0);
      expect(cosine).toBeGreaterThan(0.995);
      expect(cosine).toBeLessThan(0.9999999);
      expect(largestDifference(row, await alone(i))).toBeLessThan(1e-6);
    }
  }
  await encoder.close();
  await exact.close();
});

test("filters that see differences of neighbouring pixels still see them in int8, also in a bright picture", async () => {
  const { config, tokenizer, processor, readAll } = await openCheckpoint(SOURCE);
  const parameters = await readAll();
  const filters = parameters.get("vision_model.embeddings.patch_embedding.weight")!;
  const random = mulberry32(6);
  for (let i = 0; i < filters.length; i += 2) {
    filters[i] = 20 * (random() - 0.5);
    filters[i + 1] = -filters[i]!;
  }
  const [folder, rounded] = [temporaryFolder(), join(temporaryFolder(), "int8")];
  await saveCheckpoint(folder, { config, parameters, tokenizerFiles: tokenizer.files, processor });
  await convertCheckpoint(await openCheckpoint(folder), rounded, "int8");
  // All that differs within these pictures is less than what a bright pixel is rounded by.
  const pixels = Array.from({ length: 4 }, () => Float32Array.from({ length: 3 * 24 * 24 }, () => 2 + 0.01 * random()));
  const embed = async (place: string) => {
    const encoder = await openEncoder(await openCheckpoint(place), { threads: 1 });
    return await encoder.embedImages(pixels).finally(() => encoder.close());
  };
  const [exact, integers] = [await embed(folder), await embed(rounded)];
  const cosine = exact.reduce((sum, value, i) => sum + value * integers[i]!, 0) / pixels.length;
  expect(cosine).toBeGreaterThan(0.99);
});

test("an int8 model is read as float32 too, so that it can be trained and converted back", async () => {
  const { whole, checkpoint } = await converted("int8");
  const parameters = await checkpoint.readAll();
  expect([...parameters.keys()]).toEqual([...parameterShapes(whole.config).keys()]);
  for (const [name, exact] of await whole.readAll()) {
    const largest = Math.max(...exact.map(Math.abs));
    expect(largestDifference(parameters.get(name)!, exact), name).toBeLessThanOrEqual(largest / 120);
  }
});
