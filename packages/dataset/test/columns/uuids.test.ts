import { randomFor } from "@pickapic/chance";
import { expect, test } from "vitest";
import { uuidTexts } from "../../src/columns/derivedTexts.ts";
import { GrowingUuids } from "../../src/columns/uuids.ts";

const random = randomFor("uuids", 1);
/** Uuids one after the other, 16 bytes each. Half of them differ from another one in one bit only, and many begin alike, as those of version 7 do. */
function drawnBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 * count);
  for (let i = 0; i < count; i++) {
    const at = 16 * i;
    if (i % 2 === 0) for (let k = i % 4 === 0 ? 0 : 6; k < 16; k++) bytes[at + k] = 256 * random();
    else {
      bytes.copyWithin(at, at - 16, at);
      const bit = Math.floor(128 * random());
      bytes[at + (bit >> 3)]! ^= 1 << (bit & 7);
    }
  }
  return bytes;
}

const textOf = (bytes: Uint8Array, i: number): string =>
  Buffer.from(bytes.subarray(16 * i, 16 * i + 16))
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

test("uuids are numbered in the order in which they first come, found by their bytes, and read as texts", () => {
  const count = 20_000;
  const bytes = drawnBytes(count);
  const view = new DataView(bytes.buffer);
  const codes = new Map<string, number>();
  const uuids = new GrowingUuids();
  const added: (number | undefined)[][] = [];
  for (const i of [...Array(count / 2).keys(), ...Array(count / 2).keys()]) {
    const text = textOf(bytes, i);
    if (!codes.has(text)) codes.set(text, codes.size);
    added.push([uuids.codeOf(view, 16 * i), codes.get(text)]);
  }
  expect(added.filter(([code, expected]) => code !== expected)).toEqual([]);
  const found = Array.from({ length: count }, (_, i) => [uuids.find(view, 16 * i), codes.get(textOf(bytes, i)) ?? -1]);
  expect(found.filter(([code, expected]) => code !== expected)).toEqual([]);
  expect(uuids.size).toBe(codes.size);
  const texts = uuidTexts(uuids.closed());
  expect([...codes.keys()].map((_, code) => texts.text(code))).toEqual([...codes.keys()]);
  expect(() => uuids.find(view, 0)).toThrow("closed");
});
