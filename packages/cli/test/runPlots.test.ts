import { expect, test } from "vitest";
import { curvePlot } from "../src/report/runPlots.ts";

test("a figure that never changes has one tick with its own digits", () => {
  const points = [0, 40, 80].map((step) => ({ step, validationAccuracy: 1 }));
  const svg = curvePlot(points as never, { label: "accuracy, %", of: () => 100 }).markup;
  expect(svg).toContain(">100</text>");
  expect(svg).not.toContain("100.0");
});
