/** @file What `expect` says of typed arrays, with the comparison of bytes that test/support/setup.ts adds. */
import { expect, test } from "vitest";

test.each<[what: string, a: unknown, b: unknown, same: boolean]>([
  ["equal bytes", Uint8Array.of(1, 2), Uint8Array.of(1, 2), true],
  ["another byte", Uint8Array.of(1, 2), Uint8Array.of(1, 3), false],
  ["a byte more", Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0), false],
  ["bytes of a larger buffer", Uint8Array.of(9, 1, 2, 9).subarray(1, 3), Uint8Array.of(1, 2), true],
  ["inside an object", { jpg: Uint8Array.of(1) }, { jpg: Uint8Array.of(2) }, false],
  ["NaN of other bits", new Float32Array(Uint32Array.of(0x7fc00001).buffer), Float32Array.of(Number.NaN), true],
  ["zeros of both signs", Float64Array.of(0), Float64Array.of(-0), false],
  ["numbers of other widths with the same bytes", Float32Array.of(0, 0), Float64Array.of(0), false],
  ["an array of numbers", Uint8Array.of(1), [1], false],
])("%s: equal or not, as without it", (_, a, b, same) => {
  if (same) expect(a).toEqual(b);
  else expect(a).not.toEqual(b);
});

test("a large picture is compared at once", () => {
  const picture = new Uint8Array(3_000_000).fill(7);
  expect(picture).toEqual(picture.slice());
});
