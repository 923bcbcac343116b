import { join } from "node:path";
import { clipProcessor } from "@pickapic/clip";
import sharp from "sharp";
import { expect, test } from "vitest";
import { createPixelCache } from "../../src/data/pixelCache.ts";
import { loadSplits } from "../../src/train/splits.ts";
import { colorExamples, examplesOf, temporaryFolder } from "../tinyClip.ts";

const MODEL = { processor: clipProcessor(16) };
const SETTINGS = { pixels: "browser", seed: 1, validationSplit: "validation_unique", validationPairs: 3 } as const;
const pixelCache = () => createPixelCache(3 * 16 * 16, 2 ** 24, join(temporaryFolder(), "never used"));

/** Forty examples of eight prompts. */
const manyPrompts = async () => (await colorExamples(40)).map((example, i) => ({ ...example, caption: `prompt ${i % 8}` }));

test("a share of the prompts has all rankings of those prompts, and decodes no image of the others", async () => {
  const examples = await manyPrompts();
  const loaded: Set<string>[] = [];
  for (const share of [0.25, 0.5, 1]) {
    const pixels = pixelCache();
    const { train } = await loadSplits({ ...SETTINGS, share }, examplesOf(examples), MODEL, pixels, {});
    const prompts = new Set(train.map(({ caption }) => caption));
    expect(prompts.size).toBe(8 * share);
    expect(train.length).toBe(40 * share);
    for (const { caption, image0 } of examples) expect(pixels.has(image0)).toBe(prompts.has(caption));
    loaded.push(prompts);
  }
  expect([...loaded[0]!].every((prompt) => loaded[1]!.has(prompt))).toBe(true);
});

test("the validation split is whole up to its limit whatever the share, and empty where there is none", async () => {
  const [train, validation] = [await manyPrompts(), await colorExamples(5, 9)];
  const settings = { ...SETTINGS, share: 0.25 };
  const both = await loadSplits(settings, examplesOf(train, validation), MODEL, pixelCache(), {});
  expect(both.validation.map(({ image0 }) => image0)).toEqual(validation.slice(0, 3).map(({ image0 }) => image0));
  expect((await loadSplits(settings, examplesOf(train), MODEL, pixelCache(), {})).validation).toEqual([]);
});

test.each(["browser", "transformers"] as const)("images are read as the setting %s says", async (policy) => {
  const [example] = await colorExamples(1);
  const bytes0 = await sharp({ create: { width: 20, height: 20, channels: 4, background: { r: 200, g: 0, b: 0, alpha: 0 } } })
    .png()
    .toBuffer();
  const pixels = pixelCache();
  const settings = { ...SETTINGS, share: 1, pixels: policy };
  await loadSplits(settings, examplesOf([{ ...example!, bytes0 }]), MODEL, pixels, {});
  const found = new Uint8Array(3 * 16 * 16);
  pixels.copy(example!.image0, found, 0);
  // Red, green, blue of an invisible red.
  const [red, green, blue] = [0, 256, 512].map((plane) => found[plane]);
  expect([red, green, blue]).toEqual(policy === "browser" ? [255, 255, 255] : [200, 0, 0]);
});

test("progress counts the pairs of each split, and an abort ends the reading", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  const onProgress = ({ done, total, note }: { done: number; total: number; note?: string }) => {
    seen.push(`${note} ${done}/${total}`);
    if (done === 5) controller.abort();
  };
  const effects = { onProgress, signal: controller.signal };
  const loading = loadSplits({ ...SETTINGS, share: 1 }, examplesOf(await manyPrompts()), MODEL, pixelCache(), effects);
  await expect(loading).rejects.toThrow(/abort/i);
  expect(seen.at(-1)).toBe("reading train 5/40");
});
