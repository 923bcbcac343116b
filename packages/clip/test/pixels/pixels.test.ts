import { createHash } from "node:crypto";
import { join } from "node:path";
import { decodePicture } from "@pickapic/pictures";
import { expect, test } from "vitest";
import { preprocess } from "../../src/pixels/pixels.ts";
import { clipProcessor, parseProcessor } from "../../src/pixels/processor.ts";
import { AS_PILLOW, FIXTURES, fixtureJson } from "../fixtures.ts";

interface Pictures {
  processors: Record<string, unknown>;
  pictures: Record<string, { pixels: Record<string, string> }>;
}
const { processors, pictures } = fixtureJson<Pictures>("pictures.json");

const cases = Object.keys(pictures).flatMap((name) => Object.keys(processors).map((processor) => [name, processor] as const));

test.each(cases)("%s through the %s processor equals transformers bit for bit", async (name, processor) => {
  const image = await decodePicture(join(FIXTURES, "pictures", name), AS_PILLOW);
  const pixels = preprocess(image, parseProcessor(processors[processor]));
  expect(createHash("sha256").update(new Uint8Array(pixels.buffer)).digest("hex")).toBe(pictures[name]!.pixels[processor]);
});

test("a picture smaller than the crop is surrounded by black", () => {
  const white = { width: 2, height: 1, data: new Uint8Array(6).fill(255) };
  const pixels = preprocess(white, { resize: null, crop: { height: 3, width: 4 }, rescale: 1 / 255, normalize: null });
  expect(Array.from(pixels.subarray(0, 12))).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
});

test("CLIP's processor gives three planes of the model's side", () => {
  const grey = { width: 10, height: 7, data: new Uint8Array(210).fill(128) };
  expect(preprocess(grey, clipProcessor(16))).toHaveLength(3 * 16 * 16);
});
