import { seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { bootstrapInterval } from "../src/interval.ts";
import { normalQuantile } from "../src/normal.ts";
import { pairedVerdict } from "../src/verdict.ts";

/** Scores of two scorers on n examples: `gained` only the second gets right, `lost` only the first, half of the rest both. */
function scores(n: number, gained: number, lost: number): { before: number[]; after: number[] } {
  const kind = (i: number) => (i < gained ? [0, 1] : i < gained + lost ? [1, 0] : i % 2 === 0 ? [1, 1] : [0, 0]);
  const both = Array.from({ length: n }, (_, i) => kind(i));
  return { before: both.map(([a = 0]) => a), after: both.map(([, b = 0]) => b) };
}

const judge = (n: number, gained: number, lost: number, settings = {}) => {
  const { before, after } = scores(n, gained, lost);
  return pairedVerdict(before, after, seededRandom(1), settings);
};

describe("the verdict", () => {
  test("is better or worse where the paired interval leaves out 0", () => {
    const { before, after } = scores(200, 40, 10);
    const verdict = judge(200, 40, 10);
    expect(verdict).toMatchObject({ verdict: "better", moreAnswers: 0, reason: null, examples: 200 });
    expect(verdict.difference).toBeCloseTo(0.15, 12);
    const differences = after.map((score, i) => score - before[i]!);
    expect(verdict.interval).toEqual(bootstrapInterval(differences, seededRandom(1), { method: "percentile" }));
    expect(verdict.sentence).toMatch(/^42\.5 → 57\.5 %, difference 15\.0 points, 95 % interval \d+\.\d … \d+\.\d: better$/);
    const worse = judge(200, 10, 40);
    expect(worse).toMatchObject({ verdict: "worse", moreAnswers: 0 });
    expect(worse.sentence).toMatch(/difference −15\.0 points, 95 % interval −\d+\.\d … −\d+\.\d: worse$/);
  });

  test("is not shown where the interval includes 0, with a forecast", () => {
    const open = judge(200, 30, 22);
    expect(open.verdict).toBe("not shown");
    expect(open.sentence).toMatch(
      /difference 4\.0 points, 95 % interval −\d+\.\d … \d+\.\d: not shown to be better yet; about [\d,]+ more answers would show it, if it stays as large as this$/,
    );
    expect(judge(200, 22, 30).sentence).toContain("not shown to be worse yet");
  });

  test("takes examples of one cluster together", () => {
    const clusters = Array.from({ length: 200 }, (_, i) => `${i % 20 === 0 ? "all" : ""}${Math.floor(i / 10)}`);
    const { before, after } = scores(200, 40, 18);
    expect(pairedVerdict(before, after, seededRandom(1)).verdict).toBe("better");
    expect(pairedVerdict(before, after, seededRandom(1), { clusters }).verdict).toBe("not shown");
  });

  test("of too few, of no difference and of one prompt says so, and gives no figures", () => {
    const few = judge(20, 10, 0);
    expect(few).toMatchObject({
      before: null,
      after: null,
      difference: null,
      interval: null,
      verdict: "not shown",
      moreAnswers: null,
    });
    expect(few.sentence).toBe("not shown to be better or worse: too few examples (20), at least 30 are needed");
    const alike = judge(40, 0, 0);
    expect(alike).toMatchObject({ difference: 0, interval: null, verdict: "not shown", moreAnswers: null });
    expect(alike.sentence).toBe(
      "50.0 → 50.0 %, difference 0.0 points: not shown to be better or worse, no interval: the difference is 0 on each of the 40 examples",
    );
    const { before, after } = scores(40, 10, 5);
    const one = pairedVerdict(before, after, seededRandom(1), { clusters: before.map(() => "one prompt") });
    expect(one).toMatchObject({ interval: null, verdict: "not shown" });
    expect(one.reason).toContain("too few prompts (1)");
  });

  test("needs scores for the same examples", () => {
    expect(() => pairedVerdict([1], [1, 0], seededRandom(1))).toThrow("got 1 and 2");
  });
});

describe("the forecast", () => {
  test("is so many answers that the interval leaves out 0 with the chance asked for, worked from the half-width", () => {
    const { difference, interval, moreAnswers } = judge(200, 30, 22);
    const half = difference! - interval![0];
    const times = (((1 + normalQuantile(0.8) / normalQuantile(0.975)) * half) / difference!) ** 2;
    expect(moreAnswers).toBe(Math.ceil(200 * (times - 1)));
    expect(judge(200, 30, 22, { answersPerExample: 20 }).moreAnswers).toBe(Math.ceil(20 * 200 * (times - 1)));
    expect(judge(200, 30, 22, { power: 0.5 }).moreAnswers).toBe(Math.ceil(200 * ((half / difference!) ** 2 - 1)));
  });

  test("holds: with so many examples the difference is shown about as often as promised", () => {
    const [gain, loss] = [0.15, 0.1];
    const random = seededRandom(7);
    const draw = (n: number) => {
      const differences = Array.from({ length: n }, () => {
        const u = random();
        return u < gain ? 1 : u < gain + loss ? -1 : 0;
      });
      return pairedVerdict(new Array<number>(n).fill(0), differences, random, { resamples: 200 });
    };
    // What a measurement that meets the true figures would forecast.
    const n = 400;
    const half = 1.96 * Math.sqrt((gain + loss - (gain - loss) ** 2) / n);
    const needed = Math.round(n * (((1 + 0.8416 / 1.96) * half) / (gain - loss)) ** 2);
    const shown = Array.from({ length: 300 }, () => draw(needed)).filter(({ verdict }) => verdict === "better").length;
    expect(shown / 300).toBeGreaterThan(0.73);
    expect(shown / 300).toBeLessThan(0.87);
  });

  test("of a difference near 0 is none: even a hundred times as many answers would not show it", () => {
    const none = judge(400, 50, 50);
    expect(none).toMatchObject({ difference: 0, moreAnswers: null, verdict: "not shown" });
    expect(none.sentence).toContain("even 100 times as many answers would probably not show a difference as small as this");
    expect(none.sentence).toContain("difference 0.0 points");
    expect(judge(4000, 500, 499).moreAnswers).toBeNull();
  });

  test("from a difference below its noise says what the largest one that is left possible would need", () => {
    const unsure = judge(200, 26, 23, { answersPerExample: 20 });
    const [low, high] = unsure.interval!;
    const half = unsure.difference! - low;
    const factor = (1 + normalQuantile(0.8) / normalQuantile(0.975)) * half;
    expect(unsure.moreAnswersIfLargest).toBe(Math.ceil(20 * 200 * ((factor / high) ** 2 - 1)));
    expect(unsure.sentence).toMatch(
      /about [\d,]+ more answers would show a difference as small as this, about [\d,]+ more answers one of \d\.\d points, which these 200 examples leave possible$/,
    );
    expect(judge(200, 40, 10).moreAnswersIfLargest).toBeNull();
  });

  test("is rounded up to two digits in the sentence", () => {
    const open = judge(200, 30, 22);
    const said = /about ([\d,]+) more answers/.exec(open.sentence)?.[1]?.replaceAll(",", "");
    expect(Number(said)).toBeGreaterThanOrEqual(open.moreAnswers!);
    expect(Number(said)).toBeLessThan(open.moreAnswers! * 1.1);
    expect(said).toMatch(/^\d\d0*$/);
  });
});
