/** @file What a picture from outside passes before anything reads it, and pictures that come as text. */

import sharp from "sharp";
import { expect, test } from "vitest";
import { checkedImage, pictureOfBase64 } from "../../src/backends/picture.ts";
import { RAW_PIXELS } from "../../src/index.ts";
import { BAD_PICTURES } from "./server.ts";

const drawn = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#c04" } });

test.each([
  ["png", "image/png"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["tiff", "image/tiff"],
  ["avif", "image/avif"],
] as const)("a %s is %s by its bytes, and comes with what the backend says of it", async (format, mediaType) => {
  const bytes = await drawn(16, 18).toFormat(format).toBuffer();
  const made = { bytes, warnings: ["It has no size."], used: { seed: 7 } };
  expect(await checkedImage(made, "m", false)).toEqual({ ...made, mediaType, width: 16, height: 18 });
});

test("the pixels stand for the file where a caller accepts them; nothing is said of what the backend did not say", async () => {
  const bytes = await drawn(16, 16).png().toBuffer();
  const image = await checkedImage({ bytes }, "m", true);
  expect({ ...image, bytes: image.bytes.length }).toEqual({
    bytes: 16 * 16 * 3,
    mediaType: RAW_PIXELS,
    width: 16,
    height: 16,
    warnings: [],
  });
  expect([...image.bytes.subarray(0, 3)]).toEqual([0xcc, 0, 0x44]);
});

test.each([
  [15, 16],
  [16, 15],
])("one of %d x %d px is refused as too small", async (width, height) => {
  const bytes = await drawn(width, height).png().toBuffer();
  await expect(checkedImage({ bytes }, "m", false)).rejects.toMatchObject({
    code: "PICKAPIC_BACKEND_PICTURE",
    message: expect.stringContaining(`expected at least 16 x 16 px; got ${width} x ${height}.`),
  });
});

test.each([
  ["no picture", BAD_PICTURES["wrong type"], "the picture: expected a picture; it"],
  ["cut off", BAD_PICTURES["truncated PNG"], "the picture: expected a picture; it is broken"],
  ["too large", BAD_PICTURES["8000 x 8000"], "the picture: expected at most 16777216 pixels; it has 8000 x 8000"],
])("one that is %s is refused with its reason", async (_what, bytes, reason) => {
  await expect(checkedImage({ bytes: bytes ?? new Uint8Array() }, "m", true)).rejects.toMatchObject({
    code: "PICKAPIC_BACKEND_PICTURE",
    message: expect.stringContaining(`Model "m": its backend sent no usable picture: ${reason}`),
  });
});

test.each([
  ["base64", "aGk="],
  ["a data URL", "data:image/png;base64,aGk="],
  ["a data URL of an odd type", "data:image/svg+xml.x-y;base64,aGk="],
])("a picture comes as %s", (_what, text) => expect(String(pictureOfBase64(text, "m"))).toBe("hi"));

test.each([
  [undefined, "got none"],
  [null, "got none"],
  ["", "got none"],
  ["!!!", "got something else"],
  ["data:image/png;base64,", "got something else"],
])("%j is no picture", (text, sentence) => {
  expect(() => pictureOfBase64(text, "m")).toThrow(`Model "m": expected a picture in base64 from its backend; ${sentence}.`);
});
