import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMetrics } from "../../src/index.ts";
import { appendMetrics, keepMetricsUpTo } from "../../src/run/metrics.ts";
import { temporaryFolder } from "../tinyClip.ts";

const at = (step: number) => ({ step, loss: 1, learningRate: 1, gradientNorm: 1, seconds: 1 });

test("a resumed run forgets what came after its saved state, and a line that a crash cut short", async () => {
  const file = join(temporaryFolder(), "metrics.jsonl");
  for (const step of [1, 2, 3]) await appendMetrics(file, at(step));
  appendFileSync(file, '{"step":4,"lo');
  expect(await readMetrics(file)).toHaveLength(3);
  await keepMetricsUpTo(file, 2);
  expect(await readMetrics(file)).toEqual([at(1), at(2)]);
});

test("there are no metrics where there is no file", async () => {
  expect(await readMetrics(join(temporaryFolder(), "none"))).toEqual([]);
});
