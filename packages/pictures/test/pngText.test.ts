/** @file Texts in a PNG, read back by libpng through sharp, and by a checksum written from the appendix of the PNG specification. */

import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { withPngTexts } from "../src/index.ts";

const png = new Uint8Array(
  await sharp({ create: { width: 3, height: 2, channels: 3, background: "#c33" } })
    .png()
    .toBuffer(),
);
const comments = async (bytes: Uint8Array) => (await sharp(bytes).metadata()).comments;

/** CRC-32 bit by bit (PNG, third edition, appendix D). */
function crc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

/** Name and checksum of every chunk: the one that stands there, and the one that ought to. */
function chunks(bytes: Uint8Array) {
  const view = Buffer.from(bytes);
  const found: { name: string; stated: number; computed: number }[] = [];
  for (let at = 8; at < view.length; at += 12 + view.readUInt32BE(at)) {
    const end = at + 8 + view.readUInt32BE(at);
    found.push({
      name: view.toString("latin1", at + 4, at + 8),
      stated: view.readUInt32BE(end),
      computed: crc(view.subarray(at + 4, end)),
    });
  }
  return found;
}

describe("withPngTexts", () => {
  const texts = { parameters: "a cat\nSteps: 20", Author: "café", pickapic: '{"prompt":"кот 猫 🐱"}' };
  const written = withPngTexts(png, texts);

  test("another reader finds each text under its keyword, and the same pixels", async () => {
    expect(await comments(written)).toEqual(Object.entries(texts).map(([keyword, text]) => ({ keyword, text })));
    expect(await sharp(written).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
  });

  test("adds three chunks behind the header, with checksums that are right, and changes nothing else", () => {
    const all = chunks(written);
    expect(all.map(({ stated }) => stated)).toEqual(all.map(({ computed }) => computed));
    expect(all.map(({ name }) => name)).toEqual([
      "IHDR",
      "tEXt",
      "iTXt",
      "iTXt",
      ...chunks(png)
        .slice(1)
        .map(({ name }) => name),
    ]);
    expect(
      Buffer.from(written)
        .subarray(33 - png.length)
        .equals(Buffer.from(png).subarray(33)),
    ).toBe(true);
  });

  test("a keyword that is there keeps its text", async () => {
    const again = withPngTexts(written, { parameters: "another", Software: "pickapic" });
    expect(await comments(again)).toEqual([
      { keyword: "Software", text: "pickapic" },
      ...Object.entries(texts).map(([keyword, text]) => ({ keyword, text })),
    ]);
    expect(withPngTexts(written, texts)).toBe(written);
  });

  test.each(["", " a", "a ", "кот", "x".repeat(80)])("refuses the keyword %j", (keyword) => {
    expect(() => withPngTexts(png, { [keyword]: "x" })).toThrow(RangeError);
  });
});
