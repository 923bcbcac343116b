import { expect, test } from "vitest";
import { clipProcessor, outputSize, parseProcessor, processorJson } from "../src/processor.ts";
import { fixtureJson } from "./fixtures.ts";

const theirs = fixtureJson<{ processors: Record<string, Record<string, unknown>> }>("pictures.json").processors;

test("an empty file is CLIP's processor for 224 pixels", () => {
  expect(parseProcessor({})).toEqual(clipProcessor(224));
});

test("sizes may be numbers, as old checkpoints have them", () => {
  expect(parseProcessor({ size: 336, crop_size: 336, feature_extractor_type: "CLIPFeatureExtractor" })).toEqual(
    clipProcessor(336),
  );
});

test.each(Object.keys(theirs))(
  "what is written for the %s processor reads back to the same, and agrees with transformers",
  (name) => {
    const processor = parseProcessor(theirs[name]);
    const ours = processorJson(processor);
    expect(parseProcessor(ours)).toEqual(processor);
    expect(theirs[name]).toMatchObject(ours);
  },
);

test("the size that comes out is known where no picture decides it", () => {
  expect(outputSize(parseProcessor(theirs.padded))).toEqual({ height: 40, width: 33 });
  expect(outputSize(parseProcessor(theirs.stretched))).toEqual({ height: 50, width: 31 });
  expect(outputSize({ ...clipProcessor(24), crop: null })).toBeNull();
});

test("another kind of processor is refused, and it is said why", () => {
  for (const [json, words] of [
    [{ resample: 2 }, /resample: only 3, bicubic/],
    [{ image_processor_type: "ViTImageProcessor" }, /image_processor_type/],
    [{ size: { longest_edge: 10 } }, /size/],
    [{ image_mean: [1] }, /image_mean/],
    [7, /x\.json: not a processor of CLIP's kind/],
  ] as const) {
    expect(() => parseProcessor(json, "x.json"), JSON.stringify(json)).toThrow(words);
  }
});
