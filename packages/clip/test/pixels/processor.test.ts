import { expect, test } from "vitest";
import { clipProcessor, outputSize, parseProcessor, processorJson } from "../../src/pixels/processor.ts";
import { fixtureJson } from "../fixtures.ts";

const theirs = fixtureJson<{ processors: Record<string, Record<string, unknown>> }>("pictures.json").processors;

test("an empty file is CLIP's processor for 224 pixels", () => {
  expect(parseProcessor({})).toEqual(clipProcessor(224));
});

test("the forms that the file has had since 2022 are one and the same processor", () => {
  const colours = { image_mean: [0.48145466, 0.4578275, 0.40821073], image_std: [0.26862954, 0.26130258, 0.27577711] };
  const steps = { do_resize: true, do_center_crop: true, do_normalize: true, resample: 3, ...colours };
  const openai = { ...steps, crop_size: 336, size: 336, feature_extractor_type: "CLIPFeatureExtractor" };
  const rescale = { do_rescale: true, rescale_factor: 0.00392156862745098, do_convert_rgb: true };
  const sizes = { crop_size: { height: 336, width: 336 }, size: { shortest_edge: 336 } };
  const between = { ...steps, ...rescale, ...sizes, feature_extractor_type: "CLIPFeatureExtractor", image_processor_type: "CLIPFeatureExtractor" }; // biome-ignore format: one line
  const recent = { ...steps, ...rescale, ...sizes, image_processor_type: "CLIPImageProcessorFast", device: null };
  const nulls = {
    ...sizes,
    resample: null,
    rescale_factor: null,
    image_mean: null,
    image_std: null,
    feature_extractor_type: null,
  };
  for (const form of [openai, between, recent, nulls]) expect(parseProcessor(form)).toEqual(clipProcessor(336));
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

test("sizes that do not apply may be null, and one number may stand for three channels", () => {
  const size = { shortest_edge: 24, longest_edge: null, height: null, width: null, max_height: null, max_width: null };
  const crop = { height: 24, width: 24, shortest_edge: null };
  const { resize, crop: cropped, normalize } = parseProcessor({ size, crop_size: crop, image_mean: 0.5, image_std: 0.25 });
  expect([resize, cropped]).toEqual([{ shortestEdge: 24 }, { height: 24, width: 24 }]);
  expect(normalize).toEqual({ mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] });
});

test("another kind of processor is refused, and it is said why", () => {
  for (const [json, words] of [
    [{ resample: 2 }, /resample: only 3, bicubic/],
    [{ image_processor_type: "ViTImageProcessor" }, /image_processor_type: only image processors of CLIP/],
    [{ feature_extractor_type: "ViTFeatureExtractor" }, /feature_extractor_type: only feature extractors of CLIP/],
    [{ size: 1e9 }, /size/],
    [{ image_std: [0.2, 0, 0.2] }, /image_std\.1/],
    [{ size: { longest_edge: 10 } }, /size: longest_edge is not supported, only shortest_edge, height, width or a number/],
    [{ size: { shortest_edge: 10, longest_edge: 20 } }, /size: longest_edge is not supported/],
    [{ size: { max_height: 10, max_width: 20 } }, /size: max_height and max_width is not supported/],
    [{ size: { height: 10 } }, /size/],
    [{ crop_size: { shortest_edge: 10 } }, /crop_size: shortest_edge is not supported, only height, width or a number/],
    [{ size: 24, default_to_square: true }, /default_to_square: only false is supported: write the size as height and width/],
    [{ use_square_size: true }, /use_square_size: only false is supported/],
    [{ image_std: 0 }, /image_std/],
    [{ image_mean: [1] }, /image_mean/],
    [7, /x\.json: not a processor of CLIP's kind/],
  ] as const) {
    expect(() => parseProcessor(json, "x.json"), JSON.stringify(json)).toThrow(words);
  }
});
