import { expect, test } from "vitest";
import { groupTensors } from "../../src/steps/tensorGroups.ts";

const shapes = new Map([
  ["a", [10]],
  ["b", [2, 5]],
  ["c", [7]],
  ["large", [100]],
  ["d", [1]],
  ["e", []],
]);

test("neighbours are together up to a size; a larger tensor is alone", () => {
  const names = groupTensors(shapes, undefined, 20).map((group) => group.names);
  expect(names).toEqual([["a", "b"], ["c"], ["large"], ["d", "e"]]);
});

test("tensors of different shares of the learning rate are apart", () => {
  const rateOf = (name: string) => (name === "b" ? 0.5 : 1);
  expect(groupTensors(shapes, rateOf, 1000)).toEqual([
    { names: ["a"], share: 1 },
    { names: ["b"], share: 0.5 },
    { names: ["c", "large", "d", "e"], share: 1 },
  ]);
});
