import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kendall, pairwiseAgreement, pearson, ranks, spearman } from "../src/correlation.ts";
import { golden } from "./golden.ts";

const models = JSON.parse(readFileSync(new URL("../../../fixtures/evaluation/models.json", import.meta.url), "utf8")) as {
  kendall: { xs: number[]; ys: number[]; tau: number; alike: number }[];
};

test.each(golden.spearman)("Spearman's correlation with ties is scipy's $rho", ({ xs, ys, rho }) => {
  expect(spearman(xs, ys)).toBeCloseTo(rho, 12);
});

test("equal values share the mean of their ranks", () => {
  expect(ranks([30, 10, 30, 20])).toEqual([3.5, 1, 3.5, 2]);
  expect(ranks([])).toEqual([]);
});

test("only the order counts: a rising function changes nothing, turning one side round changes the sign", () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 2 });
  fc.assert(
    fc.property(pairs, (of) => {
      const xs = of.map(([x]) => x);
      const ys = of.map(([, y]) => y);
      const rho = spearman(xs, ys);
      expect(
        spearman(
          xs.map((x) => x ** 3 + 7),
          ys,
        ),
      ).toEqual(rho);
      expect(spearman(ys, xs)).toEqual(rho);
      if (!Number.isNaN(rho)) {
        expect(Math.abs(rho)).toBeLessThanOrEqual(1);
        expect(
          spearman(
            xs.map((x) => -x),
            ys,
          ),
        ).toBeCloseTo(-rho, 12);
      }
    }),
  );
});

test("is not a number when one side does not vary, and refuses lists of different length", () => {
  expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN();
  expect(spearman([1, 2, 3], [1, 1, 1])).toBeNaN();
  expect(() => pearson([1, 2], [1])).toThrow("got 2 and 1");
});

test.each(models.kendall)(
  "Kendall's tau-b of $xs.length values and the pairs ordered alike are scipy's",
  ({ xs, ys, tau, alike }) => {
    expect(kendall(xs, ys)).toBeCloseTo(tau, 12);
    expect(pairwiseAgreement(xs, ys)).toBeCloseTo(alike, 12);
  },
);

test("pairs that both order alike, by hand; equal ones count half", () => {
  expect(pairwiseAgreement([1, 2, 3], [1, 3, 2])).toBeCloseTo(2 / 3, 12);
  expect(pairwiseAgreement([1, 2, 3], [1, 1, 2])).toBeCloseTo(2.5 / 3, 12);
  expect(pairwiseAgreement([3, 1, 4, 1, 5], [2, 7, 1, 8, 2])).toBeCloseTo(2 / 10, 12);
  expect(() => kendall([1], [1, 2])).toThrow("got 1 and 2");
});
