/** @file Our blur against that of libvips, byte for byte. */
import { seeded } from "@pickapic/chance";
import sharp from "sharp";
import { expect, test } from "vitest";
import { blur } from "../../src/rendering/blur.ts";
import { bytesAt, SCRATCH } from "../../src/rendering/canvas.ts";

/** Opaque RGBA: noise, and areas of one colour with hard edges, where a wrong rounding shows. */
function opaque(width: number, height: number): Uint8Array {
  const random = seeded("blur test");
  const colour = (i: number, c: number) => (Math.floor(i / 7) % 3 === c ? 255 : 0);
  return Uint8Array.from({ length: 4 * width * height }, (_, i) => {
    if (i % 4 === 3) return 255;
    return i % 5 < 2 ? colour(i >> 2, i % 4) : Math.floor(256 * random());
  });
}

function ours(rgb: Uint8Array, width: number, height: number, sigma: number): Uint8Array {
  const [at] = SCRATCH.pictures;
  bytesAt(at, rgb.length).set(rgb);
  blur({ at, width, height }, sigma);
  return bytesAt(at, rgb.length).slice();
}

// 0.3 changes nothing. 0.59 and 11.21 have masks that libvips does not shorten to 7 bits; 0.9 makes areas lighter and is not corrected; 1.7, 3.3 and 4.5 make
// them darker and are; 28 reaches over the whole picture.
test.each([0.3, 0.59, 0.7, 0.9, 1.2, 1.7, 2.87, 3.3, 4.5, 7, 11.21, 28])("a blur of %s px is that of libvips", async (sigma) => {
  const [width, height] = [61, 37];
  const rgba = opaque(width, height);
  const drawn = () => sharp(rgba, { raw: { width, height, channels: 4 } }).removeAlpha();
  const plain = await drawn().raw().toBuffer();
  const blurred = sigma > 0.3 ? await drawn().blur(sigma).raw().toBuffer() : plain;
  expect(Buffer.compare(ours(plain, width, height, sigma), blurred)).toBe(0);
});
