import { seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import type { Example } from "../src/accuracy.ts";
import { calibration, chanceCalibrationError, favoured, logLoss, logLossOf } from "../src/calibration.ts";
import { golden } from "./golden.ts";

const examplesOf = (probabilities: readonly number[], outcomes: readonly number[]): Example[] =>
  probabilities.map((probability0, i) => ({ probability0, label: outcomes[i] === 0.5 ? "tie" : outcomes[i] === 1 ? 0 : 1 }));

test("bins hold means of prediction and outcome, ties as half, worked by hand", () => {
  const three: Example[] = [
    { probability0: 0.1, label: 1 },
    { probability0: 0.3, label: "tie" },
    { probability0: 1, label: 0 },
  ];
  const { bins, error } = calibration(three, 2);
  expect(bins[0]).toMatchObject({ low: 0, high: 0.5, examples: 2, predicted: 0.2, observed: 0.25 });
  expect(bins[1]).toMatchObject({ low: 0.5, high: 1, examples: 1, predicted: 1, observed: 1 });
  expect(error).toBeNull();
  const thirty = Array.from({ length: 10 }, () => three).flat();
  expect(calibration(thirty, 2).error).toBeCloseTo((2 / 3) * 0.05, 12);
  expect(chanceCalibrationError(three, seededRandom(1))).toBeNull();
  expect(chanceCalibrationError(thirty, seededRandom(1))).toBeGreaterThan(0);
});

test.each(golden.wilson.filter(({ confidence, n }) => confidence === 0.95 && n > 0))(
  "a bin in which $successes of $n preferred image 0 has scipy's interval, an empty one all of 0...1",
  ({ successes, n, interval }) => {
    const examples = Array.from({ length: n }, (_, i): Example => ({ probability0: 0.7, label: i < successes ? 0 : 1 }));
    const [empty, filled] = calibration(examples, 2).bins;
    expect(empty).toMatchObject({ examples: 0, interval: [0, 1] });
    expect(filled!.interval[0]).toBeCloseTo(interval[0], 12);
    expect(filled!.interval[1]).toBeCloseTo(interval[1], 12);
  },
);

test("an image of probability 0 is never drawn as a winner by chance, one of probability 1 always", () => {
  const sure = Array.from({ length: 30 }, (_, i): Example => ({ probability0: i % 2, label: 0 }));
  expect(chanceCalibrationError(sure, () => 0)).toBe(0);
  expect(chanceCalibrationError(sure, () => 1 - 2 ** -32)).toBe(0);
});

test.each(golden.reliability)(
  "$probabilities.length examples in $bins bins by $side are numpy's",
  ({ side, bins: count, probabilities, outcomes, counts, predicted, observed, error }) => {
    const examples = examplesOf(probabilities, outcomes);
    const ours = calibration(side === "favoured" ? favoured(examples) : examples, count);
    expect(ours.bins.map(({ examples: n }) => n)).toEqual(counts);
    const filled = ours.bins.filter(({ examples: n }) => n > 0);
    for (const [i, bin] of filled.entries()) {
      expect(bin.predicted).toBeCloseTo(predicted[i]!, 12);
      expect(bin.observed).toBeCloseTo(observed[i]!, 12);
      expect(bin.interval[0]).toBeLessThanOrEqual(bin.observed);
      expect(bin.interval[1]).toBeGreaterThanOrEqual(bin.observed);
    }
    if (examples.length < 30) expect(ours.error).toBeNull();
    else expect(ours.error).toBeCloseTo(error, 12);
  },
);

describe("an honest scorer and one that is too sure", () => {
  const random = seededRandom(1);
  const honest = Array.from({ length: 20_000 }, (): Example => {
    const probability0 = random();
    return { probability0, label: random() < probability0 ? 0 : 1 };
  });
  const bold = honest.map(({ probability0, label }) => ({ probability0: probability0 > 0.5 ? 1 : 0, label }));

  test("have next to no calibration error, and much", () => {
    expect(calibration(honest).error).toBeLessThan(0.02);
    expect(calibration(bold).error).toBeGreaterThan(0.2);
  });

  test("the honest one shows what chance alone shows, in small samples too", () => {
    for (const n of [30, 200]) {
      const errors = Array.from({ length: 200 }, (_, i) => calibration(honest.slice(i * n, (i + 1) * n)).error ?? 0);
      const samples = errors.slice(0, Math.floor(honest.length / n));
      const usual = samples.reduce((sum, error) => sum + error, 0) / samples.length;
      const chance = chanceCalibrationError(honest.slice(0, n), seededRandom(2));
      expect(Math.abs(chance! - usual)).toBeLessThan(0.15 * usual);
    }
  });
});

test("told from the likelier image, agreement is what counts, and a tie stays one", () => {
  const told = favoured([
    { probability0: 0.2, label: 1, cluster: "p" },
    { probability0: 0.25, label: 0 },
    { probability0: 0.9, label: 1 },
    { probability0: 0.4, label: "tie" },
  ]);
  expect(told.map(({ label }) => label)).toEqual([0, 1, 1, "tie"]);
  expect(told.map(({ probability0 }) => probability0)).toEqual([0.8, 0.75, 0.9, 0.6]);
  expect(told[0]!.cluster).toBe("p");
});

test("the log loss is scipy's, and a sure and right answer costs nothing", () => {
  const { probabilities, outcomes, loss } = golden.logLoss;
  expect(logLoss(examplesOf(probabilities, outcomes))).toBeCloseTo(loss, 12);
  expect(logLoss([{ probability0: 1, label: 0 }])).toBe(0);
  expect(logLoss([{ probability0: 0.5, label: "tie" }])).toBeCloseTo(Math.LN2, 12);
});

test("the log loss of examples in clusters has the interval of the clusters; an example without one stands alone", () => {
  const examples = Array.from({ length: 60 }, (_, i): Example => ({ probability0: i % 12 < 6 ? 0.9 : 0.4, label: 0 }));
  const clustered = (lone: (i: number) => string | undefined) =>
    examples.map((example, i): Example => ({ ...example, cluster: i < 36 ? `prompt ${Math.floor(i / 6)}` : lone(i) }));
  const interval = (of: readonly Example[]) => logLossOf(of, seededRandom(1)).interval!;
  const [named, partly, alone] = [clustered((i) => `lone ${i}`), clustered(() => undefined), examples].map(interval);
  expect(partly).toEqual(named);
  expect(named![1] - named![0]).toBeGreaterThan(1.3 * (alone![1] - alone![0]));
  const infinite = { value: null, interval: null, examples: 61, reason: expect.stringContaining("is 0, so that") };
  expect(logLossOf([...examples, { probability0: 1, label: 1 }], seededRandom(1))).toEqual(infinite);
});
