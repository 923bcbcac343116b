import { seededRandom } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { ratingAgreement } from "../../src/ratings/agreement.ts";
import type { GameCount } from "../../src/ratings/games.ts";
import { agreementIntervalName } from "../../src/ratings/trueOrders.ts";

test("the interval is called conservative where orders of few players take few values", () => {
  expect([4, 11, 12, 45].map(agreementIntervalName)).toEqual([
    "conservative 95 % interval",
    "conservative 95 % interval",
    "95 % interval",
    "95 % interval",
  ]);
});

/** Answers about five models; `turned` of them, 0...1, are turned around. */
function answers(turned: number): GameCount[] {
  const random = seededRandom(5);
  return Array.from({ length: 900 }, (_, i) => {
    const [a, step] = [i % 5, 1 + Math.floor(4 * random())];
    const b = (a + step) % 5;
    const wins = random() < 1 / (1 + Math.exp(0.5 * (b - a)));
    const again = random() < turned ? !wins : wins;
    return { a: `m${a}`, b: `m${b}`, outcome: again ? 1 : 0, person: i % 17, prompt: (i * 7) % 40 };
  });
}

describe("agreement of two judges", () => {
  const settings = () => ({ random: seededRandom(3), draws: 300 });

  test("is 1 with itself, without doubt, and -1 with the opposite", () => {
    const same = ratingAgreement(answers(0), answers(0), settings());
    for (const { value, low, high } of Object.values(same)) {
      expect([value, low, high].map((each) => Math.round(1e9 * each!) / 1e9)).toEqual([1, 1, 1]);
    }
    const { spearman, pairs } = ratingAgreement(answers(0), answers(1), settings());
    expect(spearman.value).toBeCloseTo(-1, 9);
    expect(pairs.value).toBeCloseTo(0, 9);
  });

  test("has an interval that holds the value, wider for a noisier judge", () => {
    const width = ({ low, high }: { low: number | null; high: number | null }) => high! - low!;
    const [clear, noisy] = [0.05, 0.4].map((turned) => ratingAgreement(answers(0), answers(turned), settings()));
    for (const { value, low, high } of Object.values(noisy!)) {
      expect(low).toBeLessThanOrEqual(value!);
      expect(high).toBeGreaterThanOrEqual(value!);
    }
    expect(width(noisy!.kendall)).toBeGreaterThan(width(clear!.kendall));
  });

  test.each([
    ["two models", answers(0).filter(({ a, b }) => a < "m2" && b < "m2"), "too few models (2), at least 3 are needed"],
    ["only ties", answers(0).map((row) => ({ ...row, outcome: 0.5 as const })), "one side rates all models alike"],
  ])("%s: null, with the reason", (_name, rows, reason) => {
    const none = { value: null, low: null, high: null, reason };
    expect(ratingAgreement(rows, rows, settings())).toEqual({ spearman: none, kendall: none, pairs: none });
  });

  test("needs the same pairs", () => {
    expect(() => ratingAgreement(answers(0), answers(0).slice(1), settings())).toThrow(
      "both judges need the same pairs; got other pairs, or 900 and 899",
    );
  });
});
