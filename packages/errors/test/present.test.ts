import { expect, test } from "vitest";
import { byteAt, doubleAt, entryOf, fieldOf, floatAt, itemAt } from "../src/index.ts";

test("what is there is given, zeros and empty texts among it", () => {
  expect([itemAt([0, 1], 0), itemAt(Float32Array.of(0), 0), itemAt(["", "b"], 0)]).toEqual([0, 0, ""]);
  expect([byteAt(Uint8Array.of(7, 0), 1), floatAt(Float32Array.of(Number.NaN), 0), doubleAt(Float64Array.of(0.1), 0)]).toEqual([
    0,
    Number.NaN,
    0.1,
  ]);
  expect([entryOf(new Map([["a", 0]]), "a"), fieldOf({ a: 0 }, "a")]).toEqual([0, 0]);
});

test("what is not there is a mistake that names the index or the key", () => {
  expect(() => itemAt([1, 2], 2)).toThrow(new RangeError("Expected an index below 2; got 2."));
  expect(() => byteAt(Uint8Array.of(1), 1)).toThrow(new RangeError("Expected an index below 1; got 1."));
  expect(() => floatAt(Float32Array.of(1), -1)).toThrow(RangeError);
  expect(() => doubleAt(Float64Array.of(1), 1)).toThrow(RangeError);
  expect(() => entryOf(new Map(), "logit_scale")).toThrow(/logit_scale/);
  expect(() => fieldOf({ loss: 0 }, "los")).toThrow(new RangeError("Expected a known name; got los."));
});
