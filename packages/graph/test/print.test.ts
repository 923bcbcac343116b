/** @file The text of graphs beside the files in test/golden. To write them anew: GOLDEN=write npx vitest run packages/graph/test/print.test.ts */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Graph, printGraph } from "../src/index.ts";
import { golden } from "./golden.ts";

const folder = new URL("./golden/", import.meta.url);

test.each(Object.keys(golden))("the graph %s and its gradients read as in its golden file", (name) => {
  const text = printGraph(golden[name]!());
  const file = new URL(`${name}.txt`, folder);
  if (process.env.GOLDEN === "write") writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
});

test("every golden file belongs to a graph", () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(golden).map((name) => `${name}.txt`));
});

test("weights in a file are printed as their place, long constants cut", () => {
  const g = new Graph("constants");
  g.initializer("w", "float32", [2, 2], { file: "model.safetensors", offset: 96, length: 16 });
  g.constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [9], "int64");
  expect(printGraph(g)).toBe(`graph constants {
  const w: float32[2, 2] = model.safetensors @ 96
  const const_1: int64[9] = 1, 2, 3, 4, 5, 6, 7, 8, ...
}
`);
});
