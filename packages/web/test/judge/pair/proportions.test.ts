import { expect, test } from "vitest";
import { proportions } from "../../../src/judge/pair/proportions.ts";

const ratio = (...pictures: [number, number][]) =>
  Number((proportions(pictures.map(([width, height]) => ({ width, height }))) as Record<string, string>)["--ratio"]);

test("frames have the shape of their pictures; of two shapes, the one in the middle", () => {
  expect(ratio([512, 512], [768, 768])).toBe(1);
  expect(ratio([768, 512], [1536, 1024])).toBe(1.5);
  expect(ratio([1024, 512], [512, 1024])).toBe(1);
  expect(ratio([400, 100], [100, 100])).toBe(2);
});
