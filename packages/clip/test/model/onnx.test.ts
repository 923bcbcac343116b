/** @file The exported model, as ONNX Runtime runs it without any code of ours, beside the encoder of the same checkpoint. */

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mulberry32 } from "@pickapic/chance";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { convertCheckpoint, type WeightKind } from "../../src/convert.ts";
import { openEncoder } from "../../src/encoder.ts";
import { FIXTURES, fixtureJson, type Golden, largestDifference, temporaryFolder } from "../fixtures.ts";

const SIDE = 24;
const TEXTS = fixtureJson<Golden>("quickgelu/golden.json").texts;

async function exported(name: string, kind: WeightKind): Promise<string> {
  const folder = join(temporaryFolder(), kind);
  await convertCheckpoint(await openCheckpoint(join(FIXTURES, name)), folder, kind, { onnx: true });
  return folder;
}

/** The four outputs for these many texts and pictures, and what the encoder makes of the same. */
async function bothWays(folder: string, texts: number, images: number) {
  const checkpoint = await openCheckpoint(folder);
  const { tokenizer } = checkpoint;
  const words = Array.from({ length: texts }, (_, i) => TEXTS[i % TEXTS.length]!);
  const random = mulberry32(texts + images);
  const pixels = Float32Array.from({ length: images * 3 * SIDE ** 2 }, () => 4 * random() - 2);
  const session = await InferenceSession.create(join(folder, "model.onnx"), { intraOpNumThreads: 1 });
  const results = await session.run({
    input_ids: new Tensor("int64", tokenizer.encode(words), [texts, tokenizer.maxPositions]),
    pixel_values: new Tensor("float32", pixels, [images, 3, SIDE, SIDE]),
  });
  await session.release();
  const encoder = await openEncoder(checkpoint, { threads: 1 });
  const size = 3 * SIDE ** 2;
  const expected = {
    text_embeds: await encoder.embedTexts(words),
    image_embeds: await encoder.embedImages(Array.from({ length: images }, (_, i) => pixels.subarray(i * size, (i + 1) * size))),
  };
  await encoder.close();
  const data = (output: string) => results[output]!.data as Float32Array;
  return { results, data, expected, width: encoder.width, scale: encoder.logitScale };
}

const models = [["quickgelu", "f32"], ["quickgelu", "f16"], ["quickgelu", "int8"], ["gelu", "f32"], ["gelu", "f16"], ["gelu", "int8"]] as const; // biome-ignore format: pairs

// `quickgelu` ends a text at its highest id, `gelu` at the id that its config names.
test.each(models)(
  "%s as %s gives the encoder's embeddings within 1e-5, whatever the sizes of its batches",
  async (name, kind) => {
    const folder = await exported(name, kind);
    for (const [texts, images] of [
      [1, 1],
      [1, 3],
      [17, 2],
      [2, 17],
    ] as const) {
      // biome-ignore format: pairs
      const { results, data, expected, width, scale } = await bothWays(folder, texts, images);
      for (const output of ["text_embeds", "image_embeds"] as const)
        expect(largestDifference(data(output), expected[output]), output).toBeLessThan(1e-5);
      expect(results.logits_per_text!.dims).toEqual([texts, images]);
      expect(results.logits_per_image!.dims).toEqual([images, texts]);
      const dot = (t: number, i: number) => {
        const [text, image] = [data("text_embeds"), data("image_embeds")];
        return Array.from({ length: width }, (_, k) => text[t * width + k]! * image[i * width + k]!).reduce((a, b) => a + b);
      };
      for (let t = 0; t < texts; t++)
        for (let i = 0; i < images; i++) {
          expect(data("logits_per_text")[t * images + i]).toBeCloseTo(scale * dot(t, i), 4);
          expect(data("logits_per_image")[i * texts + t]).toBe(data("logits_per_text")[t * images + i]);
        }
    }
  },
);

test("the model is a small file, its weights are those of the checkpoint beside it, and transformers' config is there too", async () => {
  const folder = await exported("gelu", "f32");
  const graph = statSync(join(folder, "model.onnx")).size;
  expect(graph / statSync(join(folder, "model.safetensors")).size).toBeLessThan(0.3);
  expect(readFileSync(join(folder, "model.onnx")).includes("model.safetensors")).toBe(true);
  expect(existsSync(join(folder, "config.json"))).toBe(true);
  const { file, offset } = (await openCheckpoint(folder)).tensors.get("logit_scale")!;
  const weights = readFileSync(file);
  weights.writeFloatLE(0, offset);
  writeFileSync(file, weights);
  const { data, expected, width } = await bothWays(folder, 1, 1);
  const cosine = expected.text_embeds.reduce((sum, value, i) => sum + value * expected.image_embeds[i % width]!, 0);
  expect(data("logits_per_text")[0]).toBeCloseTo(cosine, 5);
});

test("in the folder of the model itself only model.onnx is written, and bf16 is refused", async () => {
  const folder = join(temporaryFolder(), "own");
  await convertCheckpoint(await openCheckpoint(join(FIXTURES, "quickgelu")), folder, "int8");
  const before = statSync(join(folder, "model.safetensors"));
  await convertCheckpoint(await openCheckpoint(folder), folder, "int8", { onnx: true });
  expect(statSync(join(folder, "model.safetensors"))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  const { data, expected } = await bothWays(folder, 3, 3);
  expect(largestDifference(data("image_embeds"), expected.image_embeds)).toBeLessThan(1e-5);
  await expect(convertCheckpoint(await openCheckpoint(folder), folder, "f16", { onnx: true })).rejects.toThrow(
    /expected another folder/,
  );
  await expect(
    convertCheckpoint(await openCheckpoint(folder), join(folder, "brain"), "bf16", { onnx: true }),
  ).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_CONVERSION_REFUSED",
    message: expect.stringMatching(/take f32, f16 or int8/),
  });
});
