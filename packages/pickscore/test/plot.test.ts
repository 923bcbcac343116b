import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writePlot } from "../src/plot.ts";
import { temporaryFolder } from "./tinyClip.ts";

const step = (n: number) => ({ step: n, loss: 1 / n, learningRate: 1, gradientNorm: 1, seconds: 1 });

test("loss and accuracy are two charts of one picture; without a validation there is one", async () => {
  const file = join(temporaryFolder(), "loss.svg");
  const steps = [1, 2, 3, 4].map(step);
  await writePlot(file, [...steps, { step: 4, validationAccuracy: 0.7, validationPairs: 9 }]);
  expect(readFileSync(file, "utf8")).toMatch(/^<svg xmlns.*height="600".*loss, nats.*validation accuracy without ties, %/s);
  await writePlot(file, steps);
  expect(readFileSync(file, "utf8")).toMatch(/height="300"(?!.*validation)/s);
});
