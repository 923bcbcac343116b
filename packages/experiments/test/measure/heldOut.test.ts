import { FEWEST_EXAMPLES } from "@pickapic/evaluation";
import { expect, test } from "vitest";
import { shortages } from "../../../dataset/src/splits/shortage.ts";

test("a held-out split that the dataset calls large enough has the examples that a share needs, and one less is called too small", () => {
  const sizes = (each: number) => ({ prompts: 1000, heldOutPrompts: 2 * each, validation: each, test: each });
  expect(shortages(sizes(FEWEST_EXAMPLES))).toEqual([]);
  expect(shortages(sizes(FEWEST_EXAMPLES - 1))).not.toEqual([]);
});
