import { expect, test } from "vitest";
import { entryOf, fieldOf, itemAt } from "../src/index.ts";

test("what is there is given, zeros and empty texts among it", () => {
  expect([itemAt([0, 1], 0), itemAt(Float32Array.of(0), 0), itemAt(["", "b"], 0)]).toEqual([0, 0, ""]);
  expect([entryOf(new Map([["a", 0]]), "a"), fieldOf({ a: 0 }, "a")]).toEqual([0, 0]);
});

test("what is not there is a mistake that names the index or the key", () => {
  expect(() => itemAt([1, 2], 2)).toThrow(new RangeError("Expected an index below 2; got 2."));
  expect(() => entryOf(new Map(), "logit_scale")).toThrow(/logit_scale/);
  expect(() => fieldOf({ loss: 0 }, "los")).toThrow(new RangeError("Expected a known name; got los."));
});
