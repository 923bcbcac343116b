import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mulberry32 } from "@pickapic/chance";
import { openCheckpoint } from "@pickapic/clip";
import { type CaptionedImage, readMetrics } from "@pickapic/pickscore";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporaryFolder.ts";
import { tinyClip } from "../../../../test/support/tinyClip.ts";
import { CLIP_TOY_SIDE, pretrainClipToy } from "../../src/toy/clipToy.ts";

const COLORS = ["red", "green", "blue"] as const;

/** Pictures of one of three colours on black or white, at the size that clip-toy takes. */
async function* pictures(count: number): AsyncIterable<CaptionedImage> {
  const random = mulberry32(3);
  for (let i = 0; i < count; i++) {
    const [color, ground] = [Math.floor(random() * 3), random() < 0.5 ? 0 : 255];
    const data = new Uint8Array(CLIP_TOY_SIDE ** 2 * 3).fill(ground);
    for (let at = color; at < data.length / 2; at += 3) data[at] = 128 + Math.floor(64 * random());
    const caption = `a ${COLORS[color]} thing on ${ground === 0 ? "black" : "white"}`;
    yield { captions: [caption, `${COLORS[color]} thing`], image: { width: CLIP_TOY_SIDE, height: CLIP_TOY_SIDE, data } };
  }
}

/** A model of which a step takes milliseconds; what clip-toy itself starts with is tested once, because it has millions of parameters. */
let tiny = "";
beforeAll(async () => {
  tiny = await tinyClip(join(temporaryFolder(), "tiny"), 1, 2, CLIP_TOY_SIDE);
});

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
  expect(readFileSync(join(out, "loss.svg"), "utf8")).toContain("loss, nats");
});

const TWO = [
  { name: "all told", captions: 1, share: 0.5 },
  { name: "ground left out", captions: 1, share: 0.5 },
];

test.each([
  ["alone", undefined, 1],
  ["the first of two", TWO, 1],
  ["the second of two", TWO, 2],
])(
  "interrupted in a stage, %s, it goes on to the same weights without drawing the pictures again",
  async (_which, stages, nth) => {
    const folder = temporaryFolder();
    const [whole, parts] = [join(folder, "whole"), join(folder, "parts")];
    const settings = { ...small, steps: 8, stages, init: tiny };
    await pretrainClipToy({ ...settings, out: whole, pairs: pictures(40) });
    const controller = new AbortController();
    let passed = 0;
    const onProgress = ({ done, unit }: { done: number; unit: string }) => {
      if (unit === "steps" && done === 2 && ++passed === nth) controller.abort();
    };
    const interrupted = pretrainClipToy({ ...settings, out: parts, pairs: pictures(40), signal: controller.signal, onProgress });
    await expect(interrupted).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
    await expect(pretrainClipToy({ ...settings, out: parts, pairs: noMore() })).rejects.toMatchObject({
      code: "PICKAPIC_RUN_EXISTS",
    });
    await pretrainClipToy({ ...settings, out: parts, pairs: noMore(), resume: true });
    const saved = (out: string) => readFileSync(join(out, "model.safetensors"));
    expect(saved(parts).equals(saved(whole))).toBe(true);
    const losses = async (out: string) =>
      (await readMetrics(join(out, "metrics.jsonl"))).map((each) => ("loss" in each ? each.loss : each));
    expect(await losses(parts)).toEqual(await losses(whole));
  },
);

// biome-ignore lint/correctness/useYield: it must not be asked for a picture
async function* noMore(): AsyncIterable<CaptionedImage> {
  throw new Error("the pictures are on the disk already");
}

test("each stage starts from the one before, and reads captions of its own", async () => {
  const out = join(temporaryFolder(), "clip");
  await pretrainClipToy({ ...small, init: tiny, steps: 8, stages: TWO, out, pairs: pictures(40) });
  const steps = async (folder: string) => (await readMetrics(join(folder, "metrics.jsonl"))).filter((each) => "loss" in each);
  expect([(await steps(join(out, "all told"))).length, (await steps(out)).length]).toEqual([4, 4]);
  expect(readFileSync(join(out, "README.md"), "utf8")).toContain("all told (50 %), then ground left out (50 %)");
  const alone = join(temporaryFolder(), "alone");
  const later = async function* () {
    for await (const { captions, image } of pictures(40)) yield { captions: captions.slice(1), image };
  };
  await pretrainClipToy({ ...small, init: join(out, "all told"), out: alone, pairs: later() });
  const weights = (folder: string) => readFileSync(join(folder, "model.safetensors"));
  expect(weights(alone).equals(weights(out))).toBe(true);
});

test("while one process makes it, another one is refused", async () => {
  const out = join(temporaryFolder(), "clip");
  const both = await Promise.allSettled([1, 2].map(() => pretrainClipToy({ ...small, init: tiny, out, pairs: pictures(40) })));
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "PICKAPIC_RUN_BUSY" } });
});

test("too few pictures for one batch are refused with what is needed", async () => {
  const out = join(temporaryFolder(), "clip");
  await expect(pretrainClipToy({ ...small, out, pairs: pictures(15) })).rejects.toThrow(
    /at least one batch of 8 to train on; got 15 captioned pictures, of which 12 are held out/,
  );
});
