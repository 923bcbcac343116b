import { seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { FEWEST_CLUSTERS, FEWEST_EXAMPLES, meanDifferenceOf, meanOf, shareOf, tooFew } from "../src/estimate.ts";
import { bootstrapInterval, wilsonInterval } from "../src/interval.ts";

/** n scores, of which every third is 0 and the rest 1. */
const mixed = (n: number): number[] => Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : 1));
const clustersOf = (n: number, count: number): string[] => Array.from({ length: n }, (_, i) => `prompt ${i % count}`);

describe("too few", () => {
  test("is under 30, in words that say how many there are and how many are needed", () => {
    expect(tooFew(30)).toBeNull();
    expect(tooFew(29)).toBe("too few examples (29), at least 30 are needed");
    expect(tooFew(0, "answers")).toBe("too few answers (0), at least 30 are needed");
  });

  test("gives no share and no interval, but the reason", () => {
    const reason = "too few games (12), at least 30 are needed";
    expect(shareOf(12, 12, { unit: "games" })).toEqual({ value: null, interval: null, examples: 12, reason });
    expect(meanOf(mixed(12), seededRandom(1), { unit: "games" })).toEqual({ value: null, interval: null, examples: 12, reason });
    expect(meanDifferenceOf(mixed(12), seededRandom(1), { unit: "games" })).toMatchObject({
      value: null,
      interval: null,
      reason,
    });
    expect(meanOf([], seededRandom(1)).reason).toBe("too few examples (0), at least 30 are needed");
  });
});

describe("a share of enough examples", () => {
  test("has Wilson's interval at the confidence asked for", () => {
    expect(shareOf(20.5, 40)).toEqual({ value: 0.5125, interval: wilsonInterval(20.5, 40), examples: 40, reason: null });
    expect(shareOf(30, 30, { confidence: 0.8 }).interval).toEqual(wilsonInterval(30, 30, { confidence: 0.8 }));
  });
});

describe("a mean of enough scores", () => {
  test("has the bootstrap's interval, over clusters where there are some", () => {
    const [scores, clusters] = [mixed(60), clustersOf(60, 20)];
    expect(meanOf(scores, seededRandom(1))).toEqual({
      value: 40 / 60,
      interval: bootstrapInterval(scores, seededRandom(1)),
      examples: 60,
      reason: null,
    });
    const settings = { clusters, confidence: 0.9, resamples: 100 };
    expect(meanOf(scores, seededRandom(1), settings).interval).toEqual(bootstrapInterval(scores, seededRandom(1), settings));
  });

  test("of nothing but right answers is not certain: Wilson's interval, with each cluster counted once", () => {
    const ones = new Array<number>(60).fill(1);
    expect(meanOf(ones, seededRandom(1)).interval).toEqual(wilsonInterval(60, 60));
    expect(meanOf(ones, seededRandom(1), { clusters: clustersOf(60, 12) }).interval).toEqual(wilsonInterval(12, 12));
    const zeros = meanOf(new Array<number>(40).fill(0), seededRandom(1));
    expect(zeros).toMatchObject({ value: 0, interval: wilsonInterval(0, 40), reason: null });
  });

  test("of nothing but halves has no interval", () => {
    const halves = meanOf(new Array<number>(40).fill(0.5), seededRandom(1));
    expect(halves).toEqual({ value: 0.5, interval: null, examples: 40, reason: "no interval: all 40 scores are 0.5" });
  });

  test("of too few clusters has no interval", () => {
    const { value, interval, reason } = meanOf(mixed(60), seededRandom(1), {
      clusters: clustersOf(60, FEWEST_CLUSTERS - 1),
      clusterUnit: "people",
    });
    expect([value, interval]).toEqual([40 / 60, null]);
    expect(reason).toBe(`no interval: too few people (${FEWEST_CLUSTERS - 1}), at least ${FEWEST_CLUSTERS} are needed`);
    expect(meanOf(mixed(60), seededRandom(1), { clusters: clustersOf(60, FEWEST_CLUSTERS) }).interval).not.toBeNull();
  });
});

describe("a mean difference", () => {
  const differences = mixed(FEWEST_EXAMPLES).map((score) => score - 0.5);

  test("has the percentile interval", () => {
    const { interval } = meanDifferenceOf(differences, seededRandom(1));
    expect(interval).toEqual(bootstrapInterval(differences, seededRandom(1), { method: "percentile" }));
  });

  test("that is the same on every example has no interval", () => {
    const { value, interval, reason } = meanDifferenceOf(new Array<number>(40).fill(0), seededRandom(1), { unit: "pairs" });
    expect([value, interval]).toEqual([0, null]);
    expect(reason).toBe("no interval: the difference is 0 on each of the 40 pairs");
  });
});
