import { expect, test } from "vitest";
import { shares } from "../../src/contrastive/contrastive.ts";

test("pictures with the same caption share the target", () => {
  expect([...shares(["a", "b", "a"])]).toEqual([0.5, 0, 0.5, 0, 1, 0, 0.5, 0, 0.5]);
});
