import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "@pickapic/clip";
import { expect, test } from "vitest";
import { shares } from "../src/contrastive.ts";
import { type CaptionedImage, CLIP_TOY_SIDE, pretrainClipToy, readMetrics, seededRandom } from "../src/index.ts";
import { COLOR_NAMES, temporaryFolder } from "./tinyClip.ts";

/** Pictures of one of three colours on black or white, at the size that clip-toy takes. */
async function* pictures(count: number): AsyncIterable<CaptionedImage> {
  const random = seededRandom(3);
  for (let i = 0; i < count; i++) {
    const [color, ground] = [Math.floor(random() * 3), random() < 0.5 ? 0 : 255];
    const data = new Uint8Array(CLIP_TOY_SIDE ** 2 * 3).fill(ground);
    for (let at = color; at < data.length / 2; at += 3) data[at] = 128 + Math.floor(64 * random());
    const caption = `a ${COLOR_NAMES[color]} thing on ${ground === 0 ? "black" : "white"}`;
    yield { captions: [caption, `${COLOR_NAMES[color]} thing`], image: { width: CLIP_TOY_SIDE, height: CLIP_TOY_SIDE, data } };
  }
}

const small = { steps: 4, batchPairs: 8, heldOut: 12, warmupSteps: 1, validateEvery: 2, threads: 1 };

test("a small CLIP comes out as a checkpoint with its tokenizer, card and curve, and the pictures are gone", async () => {
  const out = join(temporaryFolder(), "clip");
  const { retrieval } = await pretrainClipToy({ ...small, out, pairs: pictures(40) });
  expect(retrieval.among).toBe(12);
  const { config, tokenizer, tensors } = await openCheckpoint(out);
  expect(config.vision.imageSize).toBe(CLIP_TOY_SIDE);
  expect(tokenizer.encode(["a red thing"]).length).toBe(config.text.maxPositions);
  const parameters = [...tensors.values()].reduce((sum, { length }) => sum + length / 4, 0);
  expect(parameters).toBeLessThan(6e6);
  expect(readFileSync(join(out, "README.md"), "utf8")).toMatch(/# clip-toy.*4 steps of 8 pairs/s);
  expect(readdirSync(out).toSorted()).not.toContain("pictures");
});

test("interrupted, it goes on to the same weights without drawing the pictures again", async () => {
  const folder = temporaryFolder();
  const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
  await pretrainClipToy({ ...small, out: whole, pairs: pictures(40) });
  const controller = new AbortController();
  const onProgress = ({ done, unit }: { done: number; unit: string }) => unit === "steps" && done === 2 && controller.abort();
  const interrupted = pretrainClipToy({ ...small, out: parts, pairs: pictures(40), signal: controller.signal, onProgress });
  await expect(interrupted).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
  await pretrainClipToy({ ...small, out: parts, pairs: noMore(), resume: true });
  const saved = (out: string) => readFileSync(join(out, "model.safetensors"));
  expect(saved(parts).equals(saved(whole))).toBe(true);
  const losses = async (out: string) =>
    (await readMetrics(join(out, "metrics.jsonl"))).map((each) => ("loss" in each ? each.loss : each));
  expect(await losses(parts)).toEqual(await losses(whole));
});

// biome-ignore lint/correctness/useYield: it must not be asked for a picture
async function* noMore(): AsyncIterable<CaptionedImage> {
  throw new Error("the pictures are on the disk already");
}

test("too few pictures for one batch are refused with what is needed", async () => {
  const out = join(temporaryFolder(), "clip");
  await expect(pretrainClipToy({ ...small, out, pairs: pictures(15) })).rejects.toThrow(
    /at least one batch of 8 to train on; got 15 captioned pictures, of which 12 are held out/,
  );
});

test("pictures with the same caption share the target", () => {
  expect([...shares(["a", "b", "a"])]).toEqual([0.5, 0, 0.5, 0, 1, 0, 0.5, 0, 0.5]);
});
