import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openFrames, takeBytes, writeFrame } from "../../src/score/frames.ts";

const VALUES = [
  { id: 1, text: "a red cat ✓", images: ["a path", new Uint8Array([1, 2, 3]), Buffer.from("more bytes")] },
  { id: 2, nothing: undefined, empty: new Uint8Array(0), list: [] },
  { id: 3, output: [new Float32Array([1.5, -0.25]), { code: "X", message: "no" }, new Uint8Array([9])] },
];

/** What a reader finds in the frames when they come in pieces of a size. */
function readInPieces(frames: Buffer, size: number): unknown[] {
  const found: unknown[] = [];
  const reader = openFrames((value) => found.push(value));
  for (let at = 0; at < frames.length; at += size) takeBytes(reader, frames.subarray(at, at + size));
  return found;
}

test("values come out as they went in, whatever the pieces are in which their bytes come", () => {
  const stream = new PassThrough();
  for (const value of VALUES) writeFrame(stream, value);
  const frames: Buffer = stream.read();
  const expected = structuredClone(VALUES);
  expected[0]!.images![2] = new Uint8Array(Buffer.from("more bytes"));
  for (const size of [1, 2, 7, 8, 9, 50, frames.length]) expect(readInPieces(frames, size)).toEqual(expected);
});

test("the bytes of pictures are handed to the stream as they lie in memory, and other arrays are refused", () => {
  const written: Uint8Array[] = [];
  const stream = new PassThrough({ writableHighWaterMark: 2 ** 20 });
  stream.write = (bytes: Uint8Array) => written.push(bytes) > 0;
  const picture = new Uint8Array(new ArrayBuffer(100_000), 50, 70_000);
  writeFrame(stream, { picture });
  expect(written.some((bytes) => bytes.buffer === picture.buffer && bytes.length === 70_000)).toBe(true);
  expect(written.reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(70_100);
  expect(() => writeFrame(stream, new Float64Array(1))).toThrow("expected arrays of bytes or of float32");
});
