/** @file Two packages that may not know each other agree on how many examples a held-out split needs. */
import { expect, test } from "vitest";
import { shortages } from "../packages/dataset/src/splits/shortage.ts";
import { FEWEST_EXAMPLES } from "../packages/evaluation/src/estimate.ts";

test("a held-out split that the dataset calls large enough has the examples that a share needs, and one less is called too small", () => {
  const sizes = (each: number) => ({ prompts: 1000, heldOutPrompts: 2 * each, validation: each, test: each });
  expect(shortages(sizes(FEWEST_EXAMPLES))).toEqual([]);
  expect(shortages(sizes(FEWEST_EXAMPLES - 1))).not.toEqual([]);
});
