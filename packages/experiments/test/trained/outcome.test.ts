import type { ValidationPair } from "@pickapic/pickscore";
import { describe, expect, test } from "vitest";
import { worstMistakes } from "../../src/trained/mistakes.ts";
import { measureOutcome, outcomeGaps } from "../../src/trained/outcome.ts";

/** A pair whose winner is known, with probabilities for image 0. */
const pair = (caption: string, winner: 0 | 1 | "tie", before: number, after: number): ValidationPair => {
  const target: ValidationPair["target"] = winner === "tie" ? [0.5, 0.5] : winner === 0 ? [1, 0] : [0, 1];
  return { rankingId: caption, caption, image0: `${caption} 0`, image1: `${caption} 1`, target, before, after };
};

const PAIRS = [
  pair("a", 0, 0.3, 0.9), // gained
  pair("b", 1, 0.7, 0.2), // gained
  pair("c", 1, 0.2, 0.6), // lost
  pair("d", 0, 0.8, 0.7),
  pair("e", 0, 0.5, 0.45), // half before, wrong after
  pair("f", "tie", 0.9, 0.55),
  pair("g", 0, 0.4, 0.75), // gained
];

/** The same six times, each of a prompt of its own: enough for a share. */
const MANY = Array.from({ length: 6 }, (_, i) => PAIRS.map((each) => ({ ...each, caption: `${each.caption}${i}` }))).flat();

describe("before and after on the same pairs", () => {
  const { validation, test: nothing } = measureOutcome({ split: "mine", pairs: MANY }, null, 1);

  test("without ties, worked by hand", () => {
    expect(nothing).toBeNull();
    expect(validation).toMatchObject({ split: "mine", pairs: 42, ties: 6, tieAware: null });
    const { before, after, difference, examples, gained, lost, interval } = validation!.withoutTies!;
    expect([before.accuracy, after.accuracy]).toEqual([2.5 / 6, 4 / 6]);
    expect(difference).toBeCloseTo(0.25, 12);
    expect({ examples, gained, lost }).toEqual({ examples: 36, gained: 18, lost: 12 });
    expect(interval![0]).toBeLessThan(0.25);
    expect(interval![1]).toBeGreaterThan(0.25);
  });

  test("reliability is told from the likelier image, and a tie is half", () => {
    const { after } = validation!.reliability;
    // a .9 right, b .8 right, c .6 wrong, d .7 right, e .55 wrong, f .55 tie, g .75 right
    expect(after.bins.map(({ examples }) => examples)).toEqual([0, 0, 0, 0, 0, 2, 1, 2, 1, 1].map((n) => 6 * n));
    expect(after.bins[5]).toMatchObject({ observed: 0.25 });
    expect(after.error).toBeCloseTo((2 * 0.3 + 0.6 + 2 * 0.275 + 0.2 + 0.1) / 7, 12);
    expect(validation!.logLoss.after).toBeCloseTo(
      -(
        Math.log(0.9) +
        Math.log(0.8) +
        Math.log(0.4) +
        Math.log(0.7) +
        Math.log(0.75) +
        Math.log(0.45) +
        (Math.log(0.55) + Math.log(0.45)) / 2
      ) / 7,
      12,
    );
  });
});

test("every figure that is missing has its reason", () => {
  expect(outcomeGaps(measureOutcome({ split: "v", pairs: MANY }, { split: "t", pairs: PAIRS }, 1))).toEqual([
    "t, without ties: too few examples (6), at least 30 are needed.",
    "t, tie-aware: too few examples (7), at least 30 are needed.",
    "t, calibration: too few pairs (7), at least 30 are needed.",
  ]);
  expect(outcomeGaps(measureOutcome({ split: "v", pairs: MANY }, null, 1))).toEqual([]);
});

test("too few pairs have no accuracy, no difference and no calibration error, but the reason", () => {
  const { withoutTies, tieAware, reliability } = measureOutcome({ split: "v", pairs: MANY }, { split: "t", pairs: PAIRS }, 1)
    .test!;
  const none = { accuracy: null, interval: null };
  expect(withoutTies).toMatchObject({ examples: 6, before: none, after: none, difference: null, interval: null });
  expect(withoutTies!.reason).toBe("too few examples (6), at least 30 are needed");
  expect(tieAware).toMatchObject({ examples: 7, before: none, after: none, difference: null });
  expect([reliability.after.error, reliability.chance.after]).toEqual([null, null]);
});

test("the threshold for ties of the test pairs is chosen on the validation pairs, for each model its own", () => {
  const validation = [pair("v", "tie", 0.95, 0.6), pair("w", 0, 0.99, 0.9)]; // first best thresholds: 0.9 before, 0.2 after
  const { test: outcome } = measureOutcome({ split: "v", pairs: validation }, { split: "t", pairs: MANY }, 1);
  const { before, after, protocol } = outcome!.tieAware!;
  // before: all are ties, which is half of a point but for f; after, t = 0.2: e and f are ties, and c, |0.6 - 0.4| being a little less than 0.2
  expect(before.accuracy).toBeCloseTo((6 * 0.5 + 1) / 7, 12);
  expect(after.accuracy).toBeCloseTo((1 + 1 + 0.5 + 1 + 0.5 + 1 + 1) / 7, 12);
  expect(protocol).toContain("each scorer with its own threshold (0.2 and 0.9)");
});

test("pairs of one prompt make one cluster, and all ties are no accuracy", () => {
  const twice = [...MANY, pair("a0", 0, 0.4, 0.8)];
  expect(measureOutcome({ split: "v", pairs: twice }, null, 1).validation!.withoutTies!.protocol).toContain("over 36 clusters");
  const ties = measureOutcome({ split: "v", pairs: [pair("f", "tie", 0.9, 0.55)] }, null, 1).validation;
  expect(ties).toMatchObject({ withoutTies: null, ties: 1 });
});

describe("the worst mistakes", () => {
  test("are the surest ones, from the side of the preferred image; ties and right answers are none", () => {
    expect(
      worstMistakes(PAIRS, 10).map(({ pair: { caption }, preferred, probability }) => [caption, preferred, probability]),
    ).toEqual([
      ["c", 1, 0.4],
      ["e", 0, 0.45],
    ]);
    expect(worstMistakes(PAIRS, 10)[0]!.before).toBeCloseTo(0.8, 12);
    expect(worstMistakes(PAIRS, 1)).toHaveLength(1);
  });

  test("show each prompt once, at its worst", () => {
    const pairs = [pair("x", 0, 0.5, 0.4), pair("x", 0, 0.5, 0.1), pair("y", 0, 0.5, 0.2)];
    expect(worstMistakes(pairs, 10).map(({ probability }) => probability)).toEqual([0.1, 0.2]);
  });
});
