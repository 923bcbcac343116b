import { expect, test } from "vitest";
import type { Example } from "../src/accuracy.ts";
import { calibration } from "../src/calibration.ts";
import { seededRandom } from "../src/random.ts";

test("bins hold means of prediction and outcome, ties as half, worked by hand", () => {
  const { bins, error } = calibration(
    [
      { probability0: 0.1, label: 1 },
      { probability0: 0.3, label: "tie" },
      { probability0: 1, label: 0 },
    ],
    2,
  );
  expect(bins[0]).toMatchObject({ low: 0, high: 0.5, examples: 2, predicted: 0.2, observed: 0.25 });
  expect(bins[1]).toMatchObject({ examples: 1, predicted: 1, observed: 1 });
  expect(error).toBeCloseTo((2 / 3) * 0.05, 12);
});

test("an honest scorer has next to no calibration error, an overconfident one has much", () => {
  const random = seededRandom(1);
  const honest = Array.from({ length: 20_000 }, (): Example => {
    const probability0 = random();
    return { probability0, label: random() < probability0 ? 0 : 1 };
  });
  const bold = honest.map(({ probability0, label }) => ({ probability0: probability0 > 0.5 ? 1 : 0, label }));
  expect(calibration(honest).error).toBeLessThan(0.02);
  expect(calibration(bold).error).toBeGreaterThan(0.2);
});
