import { expect, test } from "vitest";
import { grown, release, releaseBytes, zeros } from "../../src/columns/memory.ts";

test.each([[100], [200_000]])("a buffer of %i bytes grows with its bytes in front and zeros behind, again and again", (bytes) => {
  let buffer = zeros(bytes);
  expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true);
  new Uint8Array(buffer).fill(7);
  buffer = grown(new Uint8Array(new Uint8Array(buffer)).buffer, bytes + 1);
  buffer = grown(buffer, 3 * buffer.byteLength);
  expect(buffer.byteLength).toBeGreaterThanOrEqual(6 * bytes);
  const all = new Uint8Array(buffer);
  expect([all.subarray(0, bytes).every((byte) => byte === 7), all.subarray(bytes).every((byte) => byte === 0)]).toEqual([
    true,
    true,
  ]);
  release(buffer);
  release(buffer);
  expect([buffer.byteLength, all.length]).toEqual([0, 0]);
});

test("bytes that are part of a larger buffer keep their memory", () => {
  const whole = new Uint8Array(64).fill(1);
  releaseBytes(whole.subarray(0, 32));
  expect(whole[0]).toBe(1);
  releaseBytes(whole);
  expect(whole.length).toBe(0);
});
