import { createHash } from "node:crypto";
import { join } from "node:path";
import { decodePicture } from "@pickapic/pictures";
import fc from "fast-check";
import { expect, test } from "vitest";
import { resizeBicubic } from "../../src/pixels/resample.ts";
import { AS_PILLOW, FIXTURES, fixtureJson } from "../fixtures.ts";

const { pictures } = fixtureJson<{ pictures: Record<string, Record<string, string>> }>("pictures.json");
const sizes = ["24x24", "224x224", "53x20", "20x37", "100x75", "52x9", "49x27", "49x29"];

test.each(Object.keys(pictures))("%s resizes to the bytes of Pillow, whatever the size", async (name) => {
  const image = await decodePicture(join(FIXTURES, "pictures", name), AS_PILLOW);
  for (const size of sizes) {
    const [width, height] = size.split("x").map(Number) as [number, number];
    const { data } = resizeBicubic(image, width, height);
    expect(createHash("sha256").update(data).digest("hex"), size).toBe(pictures[name]![size]);
  }
});

test("a part of the result equals that part of the whole, also after another part of its size", () => {
  const side = fc.integer({ min: 1, max: 40 });
  const part = fc.tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(side, side, side, side, part, part, fc.integer(), (inWidth, inHeight, width, height, across, down, seed) => {
      const data = Uint8Array.from({ length: inWidth * inHeight * 3 }, (_, i) => Math.imul(i + seed, 2654435761) >>> 24);
      const image = { width: inWidth, height: inHeight, data };
      const [left, boxWidth] = range(across, width);
      const [top, boxHeight] = range(down, height);
      const whole = resizeBicubic(image, width, height);
      for (const [x, y] of [[0, 0] as const, [left, top] as const]) {
        const box = resizeBicubic(image, width, height, { left: x, top: y, width: boxWidth, height: boxHeight });
        for (let row = 0; row < boxHeight; row++) {
          const start = ((y + row) * width + x) * 3;
          expect(box.data.subarray(row * boxWidth * 3, (row + 1) * boxWidth * 3)).toEqual(
            whole.data.subarray(start, start + boxWidth * 3),
          );
        }
      }
    }),
  );
});

/** A start in 0 ... size - 1 and a length of at least 1 that stays inside. */
function range([from, share]: [number, number], size: number): [number, number] {
  const start = Math.floor(from * size);
  return [start, 1 + Math.floor(share * (size - start - 1))];
}
