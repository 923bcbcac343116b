import { seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chooseThreshold,
  compareAccuracy,
  compareWinners,
  countTies,
  type Example,
  exampleScore,
  type Label,
  measureAccuracy,
  measureWinners,
  predict,
  randomAccuracy,
  THRESHOLDS,
  tieAwareAccuracy,
} from "../src/accuracy.ts";

const labels: readonly Label[] = [0, 1, "tie"];
/** Probabilities with few binary digits, so that 1 - p is exact. */
const example = fc.record({ probability0: fc.nat(64).map((n) => n / 64), label: fc.constantFrom(...labels) });
const examples = fc.array(example, { minLength: 1, maxLength: 60, size: "max" });
const threshold = fc.constantFrom(...THRESHOLDS);

describe("a prediction", () => {
  test.each([
    [0.7, 0.3, 0],
    [0.7, 0.5, "tie"],
    [0.3, 0.3, 1],
    [0.5, 0, "tie"],
    [0.75, 0.5, "tie"],
    [1, 0.9, 0],
    [1, 1, "tie"],
    [0, 0.9, 1],
  ] as const)("of p0 = %d with threshold %d is %s", (probability0, t, expected) => {
    expect(predict(probability0, t)).toBe(expected);
  });

  test.each([-0.1, 1.1, Number.NaN])("from the impossible probability %d is an error", (probability0) => {
    expect(() => predict(probability0, 0.1)).toThrow(`probability0 must be in 0...1; got ${probability0}`);
  });
});

test("a score is 1 for agreement, 0.5 when exactly one side is a tie, else 0", () => {
  const predictions = { 0: 0.9, 1: 0.1, tie: 0.5 } as const;
  const scores = labels.map((label) =>
    labels.map((prediction) => exampleScore({ probability0: predictions[prediction], label }, 0.2)),
  );
  expect(scores).toEqual([
    [1, 0, 0.5],
    [0, 1, 0.5],
    [0.5, 0.5, 1],
  ]);
});

test("the accuracy of an example worked by hand", () => {
  const byHand: Example[] = [
    { probability0: 0.9, label: 0 }, // 0: 1
    { probability0: 0.6, label: 1 }, // tie: 0.5
    { probability0: 0.52, label: "tie" }, // tie: 1
    { probability0: 0.2, label: "tie" }, // 1: 0.5
    { probability0: 0.2, label: 0 }, // 1: 0
  ];
  expect(tieAwareAccuracy(byHand, 0.3)).toBeCloseTo(3 / 5, 12);
  expect(() => tieAwareAccuracy([], 0)).toThrow("at least one example is needed");
});

describe("the threshold", () => {
  test("is the first of those that are equally good", () => {
    const gap: Example[] = [
      { probability0: 0.9, label: 0 },
      { probability0: 0.55, label: "tie" },
    ];
    // |p0 - p1| is 0.8 and 0.1 (a little more in binary): 0.2 to 0.7 are all perfect.
    expect(chooseThreshold(gap)).toBe(0.2);
  });

  test("is 0 when ties never pay and 1 when all is a tie that the scorer is sure about", () => {
    expect(chooseThreshold([{ probability0: 0.8, label: 0 }])).toBe(0);
    expect(chooseThreshold([{ probability0: 1, label: "tie" }])).toBe(1);
  });

  test("is at least as good as every other one", () => {
    fc.assert(
      fc.property(examples, threshold, (of, t) => {
        expect(tieAwareAccuracy(of, chooseThreshold(of))).toBeGreaterThanOrEqual(tieAwareAccuracy(of, t));
      }),
    );
  });
});

test("swapping the two images changes no accuracy", () => {
  const swap = ({ probability0, label }: Example): Example => ({
    probability0: 1 - probability0,
    label: label === "tie" ? "tie" : label === 0 ? 1 : 0,
  });
  fc.assert(
    fc.property(examples, threshold, (of, t) => {
      expect(tieAwareAccuracy(of.map(swap), t)).toBe(tieAwareAccuracy(of, t));
    }),
  );
});

test("with threshold 1 all is predicted a tie: 1 for each tie and 0.5 for each other", () => {
  fc.assert(
    fc.property(examples, (of) => {
      const ties = of.filter(({ label }) => label === "tie").length / of.length;
      expect(tieAwareAccuracy(of, 1)).toBeCloseTo(ties + (1 - ties) / 2, 12);
    }),
  );
});

describe("a random predictor", () => {
  test("gets what the paper's formula says, for all thresholds and shares of ties", () => {
    const random = seededRandom(11);
    for (const [ties, t] of [
      [0.12, 0.3],
      [0.5, 0.9],
      [0, 0.4],
      [1, 0],
    ] as const) {
      const of = Array.from(
        { length: 40_000 },
        (_, i): Example => ({ probability0: random(), label: i < ties * 40_000 ? "tie" : i % 2 ? 1 : 0 }),
      );
      expect(Math.abs(tieAwareAccuracy(of, t) - randomAccuracy(ties, t))).toBeLessThan(0.01);
    }
  });

  test("gets 56.8 % where ties are 13.6 % and all but everything is predicted a tie, as in the paper's table", () => {
    expect(randomAccuracy(0.136, 1)).toBeCloseTo(0.568, 12);
  });
});

/** Examples of a scorer that is right with probability `skill` and unsure about ties. */
function scorer(n: number, skill: number, seed: number): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const label: Label = random() < 0.13 ? "tie" : random() < 0.5 ? 0 : 1;
    const sure = 0.5 + (label === "tie" ? 0.15 : 0.5) * random();
    const towards0 = label === "tie" ? random() < 0.5 : random() < skill === (label === 0);
    return { probability0: towards0 ? sure : 1 - sure, label };
  });
}

describe("the whole measurement", () => {
  const validation = scorer(300, 0.75, 1);
  const test1 = scorer(400, 0.75, 2);
  const report = measureAccuracy({ validation, test: test1, random: seededRandom(5) });

  test("takes the threshold from the validation examples and the accuracy from the test examples", () => {
    expect(report.threshold).toBe(chooseThreshold(validation));
    expect(report.accuracy).toBe(tieAwareAccuracy(test1, report.threshold));
    expect(report.scores.reduce((sum, score) => sum + score, 0) / 400).toBeCloseTo(report.accuracy!, 12);
    expect(report.interval![0]).toBeLessThan(report.accuracy!);
    expect(report.interval![1]).toBeGreaterThan(report.accuracy!);
    expect(report.reason).toBeNull();
  });

  test("tells a better scorer from a worse one on the same examples, and a scorer from itself not at all", () => {
    const worse = measureAccuracy({
      validation: scorer(300, 0.55, 3),
      test: test1.map((e, i) => (i % 3 ? e : { ...e, probability0: 1 - e.probability0 })),
      random: seededRandom(5),
    });
    const better = compareAccuracy(report, worse, seededRandom(6));
    expect(better.difference).toBeCloseTo(report.accuracy! - worse.accuracy!, 12);
    expect(better.interval![0]).toBeGreaterThan(0);
    expect(compareAccuracy(report, report, seededRandom(6))).toMatchObject({
      difference: 0,
      interval: null,
      reason: "no interval: the difference is 0 on each of the 400 examples",
    });
    expect(better.protocol).toContain("same 400 examples");
  });
});

describe("of too few examples", () => {
  test("there is no accuracy, no share of ties and no chance level, but the reason and the scores", () => {
    const few = measureAccuracy({ validation: scorer(300, 0.75, 1), test: scorer(29, 0.75, 2), random: seededRandom(5) });
    const reason = "too few examples (29), at least 30 are needed";
    expect(few).toMatchObject({ accuracy: null, interval: null, tieShare: null, random: null, reason, examples: 29 });
    expect(few.scores).toHaveLength(29);
    expect(compareAccuracy(few, few, seededRandom(5))).toMatchObject({ difference: null, interval: null, reason });
  });

  test("30 are enough", () => {
    const enough = measureAccuracy({ validation: scorer(300, 0.75, 1), test: scorer(30, 0.75, 2), random: seededRandom(5) });
    expect(enough.accuracy).toBe(enough.scores.reduce((sum, score) => sum + score, 0) / 30);
    expect(enough.tieShare).toBe(countTies(scorer(30, 0.75, 2)) / 30);
    expect(enough.random).toBe(randomAccuracy(enough.tieShare!, enough.threshold));
  });

  test("two scorers on different examples are refused", () => {
    const of = (n: number) => measureWinners(scorer(n, 0.75, n), seededRandom(1));
    expect(() => compareWinners(of(300), of(200), seededRandom(1))).toThrow("on the same examples; got");
  });
});

describe("accuracy without ties", () => {
  test("leaves ties out and counts equal probabilities as half, worked by hand", () => {
    const report = measureWinners(
      [
        { probability0: 0.9, label: 0 }, // 1
        { probability0: 0.51, label: 1 }, // 0
        { probability0: 0.5, label: 1 }, // 0.5
        { probability0: 0.49, label: "tie" },
      ],
      seededRandom(1),
      { name: "mine" },
    );
    const reason = "too few examples with a winner (3), at least 30 are needed";
    expect(report).toMatchObject({ accuracy: null, interval: null, reason, examples: 3, ties: 1, scores: [1, 0, 0.5] });
    expect(report.protocol).toContain("without ties on mine (3 examples with a winner, 1 ties left out)");
    expect(measureWinners([{ probability0: 0.9, label: "tie" }], seededRandom(1))).toMatchObject({ accuracy: null, examples: 0 });
  });

  test("compares two scorers on the same examples, and names the clusters that were drawn", () => {
    const examples = scorer(300, 0.75, 8).map((example, i) => ({ ...example, cluster: `prompt ${i >> 2}` }));
    const better = measureWinners(examples, seededRandom(1));
    const worse = measureWinners(
      examples.map((example, i) => (i % 3 ? example : { ...example, probability0: 1 - example.probability0 })),
      seededRandom(1),
    );
    const { difference, interval, protocol } = compareWinners(better, worse, seededRandom(2));
    expect(difference).toBeCloseTo(better.accuracy! - worse.accuracy!, 12);
    expect(interval![0]).toBeGreaterThan(0);
    expect(interval![1]).toBeGreaterThan(difference!);
    expect(protocol).toContain(`same ${better.examples} examples`);
    expect(protocol).toContain("over 75 clusters");
  });
});

test("examples of one prompt make the interval wider than as many that stand alone", () => {
  const alone = Array.from({ length: 200 }, (_, i): Example => ({ probability0: i % 20 < 12 ? 0.8 : 0.2, label: 0 }));
  const together = alone.map((example, i) => ({ ...example, cluster: `${Math.floor((i % 20) / 4)} ${Math.floor(i / 20)}` }));
  const width = (test: readonly Example[]) => {
    const { interval } = measureAccuracy({ validation: test, test, random: seededRandom(1) });
    return interval![1] - interval![0];
  };
  expect(width(together)).toBeGreaterThan(1.5 * width(alone));
});

describe("what is printed beside a number", () => {
  // The ties have |p0 - p1| = 0.08, all others 0.8.
  const answers = Array.from({ length: 40 }, (_, i): Example => {
    if (i % 4 === 0) return { probability0: 0.54, label: "tie" };
    return { probability0: i % 8 < 4 ? 0.9 : 0.1, label: i < 30 ? 0 : 1 };
  });
  const clustered = answers.map((one, i): Example => ({ ...one, cluster: `prompt ${i % 10}` }));
  const measured = (test: readonly Example[], settings = {}) =>
    measureAccuracy({ validation: answers.slice(0, 20), test, random: seededRandom(1), ...settings });
  const compared = (settings = {}) =>
    compareAccuracy(
      measured(clustered),
      measured(answers, { validation: [{ probability0: 1, label: "tie" }] }),
      seededRandom(1),
      settings,
    );
  const decided = (settings = {}) => measureWinners(answers, seededRandom(1), settings);
  const decidedDifference = (settings = {}) => {
    const worse = clustered.map((one, i) => ({ ...one, probability0: i % 3 ? one.probability0 : 0.9 }));
    const [a, b] = [measureWinners(clustered, seededRandom(1)), measureWinners(worse, seededRandom(1))];
    return compareWinners(a, b, seededRandom(1), settings);
  };
  const theRule =
    "a tie is predicted when |p0 - p1| <= 0.1, and scores 0.5 where exactly one of prediction and label is a tie; " +
    "the threshold is the first best of 0, 0.1 ... 1 on";

  test.each([
    [
      () => measured(answers),
      `tie-aware accuracy on test_unique (40 examples, 10 of them ties): ${theRule} validation_unique (20 examples); 95 % interval by BCa bootstrap, 2000 resamples`,
    ],
    [
      () => measured(clustered, { names: { validation: "a", test: "b" }, confidence: 0.825, resamples: 500 }),
      `tie-aware accuracy on b (40 examples, 10 of them ties): ${theRule} a (20 examples); 82.5 % interval by BCa bootstrap over 10 clusters, 500 resamples`,
    ],
    [
      () => compared(),
      "difference of tie-aware accuracies on the same 40 examples, each scorer with its own threshold (0.1 and 1); " +
        "95 % interval by paired percentile bootstrap over 10 clusters, 2000 resamples",
    ],
    [
      () => decided(),
      "accuracy without ties on test_unique (30 examples with a winner, 10 ties left out): the likelier image is the prediction, " +
        "equal probabilities count half; 95 % interval by BCa bootstrap, 2000 resamples",
    ],
    [
      () => decidedDifference({ confidence: 0.9, resamples: 10 }),
      "difference of accuracies without ties on the same 30 examples; 90 % interval by paired percentile bootstrap over 10 clusters, 10 resamples",
    ],
  ])("is how it was made, whole (%#)", (made, expected) => {
    expect(made().protocol).toBe(expected);
  });

  test.each([
    ["an accuracy", (settings = {}) => measured(answers, settings)],
    ["a difference of accuracies", compared],
    ["an accuracy without ties", decided],
    ["a difference without ties", decidedDifference],
  ])("is what was done for %s: less confidence is narrower, one resample has no width", (_, made) => {
    const width = (settings = {}) => {
      const { interval } = made(settings);
      return interval![1] - interval![0];
    };
    expect(width({ confidence: 0.5 })).toBeLessThan(0.8 * width());
    expect(width({ confidence: 0.95, resamples: 2000 })).toBe(width());
    expect(width({ resamples: 1 })).toBe(0);
  });
});

describe("clusters", () => {
  const of = scorer(80, 0.7, 4);
  const named = of.map((one, i): Example => ({ ...one, cluster: i < 40 ? `prompt ${i >> 2}` : `lone ${i}` }));
  const partly = named.map((one, i): Example => (i < 40 ? one : { ...one, cluster: undefined }));
  const measured = (test: readonly Example[]) => measureAccuracy({ validation: of, test, random: seededRandom(1) });

  test("are none where no example names one", () => {
    expect(measured(of).clusters).toBeUndefined();
  });

  test("an example without a cluster stands alone among others", () => {
    expect(measured(partly).interval).toEqual(measured(named).interval);
    expect(new Set(measured(partly).clusters).size).toBe(50);
  });

  test("widen the interval of a difference, too", () => {
    const right = Array.from({ length: 80 }, (): Example => ({ probability0: 0.9, label: 0 }));
    const together = right.map((one, i): Example => ({ ...one, cluster: `prompt ${i >> 3}` }));
    const width = (test: readonly Example[]) => {
      const wrong = test.map((one, i) => ((i >> 3) % 2 ? one : { ...one, probability0: 0.1 }));
      const { interval } = compareAccuracy(measured(test), measured(wrong), seededRandom(1));
      return interval![1] - interval![0];
    };
    expect(width(together)).toBeGreaterThan(1.5 * width(right));
  });
});
