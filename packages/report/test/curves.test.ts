import { expect, test } from "vitest";
import { curvePlot, lossCurves, thinned } from "../src/curves.ts";

test("a figure that never changes has one tick with its own digits", () => {
  const points = [0, 40, 80].map((step) => ({ step, validationAccuracy: 1 }));
  const svg = curvePlot(points as never, { label: "accuracy, %", of: () => 100 }).markup;
  expect(svg).toContain(">100</text>");
  expect(svg).not.toContain("100.0");
});

const step = (n: number) => ({ step: n, loss: 1 / n, learningRate: 1, gradientNorm: 1, seconds: 1 });

test("loss and accuracy are two curves of one file; without a validation there is one, and without a step nothing", () => {
  const steps = [1, 2, 3, 4].map(step);
  const both = lossCurves([...steps, { step: 4, validationAccuracy: 0.7 }]);
  expect(both).toMatch(/^<svg xmlns[^>]*height="500".*loss, nats.*validation accuracy without ties, %/s);
  expect(lossCurves(steps)).toMatch(/^<svg [^>]*height="250"(?!.*validation)/s);
  expect(lossCurves([])).toBe("");
});

test("a long curve is drawn as means of neighbouring steps", () => {
  const points = Array.from({ length: 10 }, (_, i) => ({ step: i + 1, value: i }));
  expect(thinned(points, 10)).toEqual(points);
  expect(thinned(points, 4)).toEqual([
    { step: 2, value: 1 },
    { step: 5, value: 4 },
    { step: 8, value: 7 },
    { step: 10, value: 9 },
  ]);
});
