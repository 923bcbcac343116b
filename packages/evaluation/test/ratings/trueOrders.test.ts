import { readFileSync } from "node:fs";
import { gauss, seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { spearman } from "../../src/correlation.ts";
import { Matrix } from "../../src/matrix.ts";
import { drawCorrelations } from "../../src/ratings/drawnOrders.ts";
import { drawTrueValues, noiseAround } from "../../src/ratings/trueOrders.ts";

/** Golden values of numpy, by integration over a grid (fixtures/evaluation/orders.py). */
const golden = JSON.parse(readFileSync(new URL("../../../../fixtures/evaluation/orders.json", import.meta.url), "utf8")) as {
  estimates: [number, number][];
  noise: [[number, number], [number, number]][];
  means: [number, number][];
};

const matrixOf = (rows: readonly (readonly number[])[]): Matrix => {
  const matrix = new Matrix(rows.length, rows.length);
  for (const [i, row] of rows.entries()) for (const [j, value] of row.entries()) matrix.set(i, j, value);
  return matrix;
};

test("means of drawn true values are those of numpy's integral", () => {
  const values = [0, 1].map((judge) => Float64Array.from(golden.estimates, (each) => each[judge]!));
  const sums = [new Float64Array(6), new Float64Array(6)];
  const draws = 20_000;
  drawTrueValues(
    { values, noise: golden.noise.map(matrixOf), degrees: Number.POSITIVE_INFINITY },
    draws,
    seededRandom(1),
    (drawn) => {
      for (const [judge, sum] of sums.entries()) for (let i = 0; i < 6; i++) sum[i] = sum[i]! + drawn[judge]![i]! / draws;
    },
  );
  for (const [i, means] of golden.means.entries())
    for (const [judge, mean] of means.entries()) expect(Math.abs(sums[judge]![i]! - mean), `player ${i}`).toBeLessThan(0.03);
});

test("noise is the covariance over the draws, without what moves all players alike", () => {
  const random = seededRandom(2);
  const own = Array.from({ length: 2000 }, () => Array.from({ length: 5 }, () => gauss(random)));
  // Both judges see the same noise of deviation 1 and 2, and every draw moves all players by as much as 9.
  const drawn = [1, 2].map((scale) => Float64Array.from(own.flatMap((row, i) => row.map((z) => scale * z + (i % 10)))));
  const noise = noiseAround([new Float64Array(5), new Float64Array(5)], drawn);
  for (const each of noise) {
    expect(each.at(0, 0)).toBeCloseTo(1, 0);
    expect(each.at(0, 1)).toBeCloseTo(2 * each.at(0, 0), 8);
    expect(each.at(1, 1)).toBeCloseTo(4 * each.at(0, 0), 8);
  }
  expect(noise.reduce((sum, each) => sum + each.at(0, 0) / 5, 0)).toBeCloseTo(1, 1);
});

test("without noise only the estimated correlation is possible, with it many are; too few players have none", () => {
  const random = seededRandom(3);
  const truth = Array.from({ length: 12 }, () => gauss(random));
  const noisy = (from: readonly number[]) => from.map((value) => value + 0.6 * gauss(random));
  const values = noisy(truth);
  const [moved, still] = [() => noisy(values), () => values].map((draw) => Array.from({ length: 100 }, draw));
  const found = (drawn: number[][] | undefined, players = 12) =>
    drawCorrelations(
      [
        { values: truth.slice(0, players), drawn: null },
        { values: values.slice(0, players), drawn: drawn ?? null },
      ],
      [[0, 1]],
      { prompts: 50, random, draws: 500 },
    )?.[0];
  expect([...found(still)!].every((value) => Math.abs(value - spearman(truth, values)) < 1e-12)).toBe(true);
  expect(new Set(found(moved)).size).toBeGreaterThan(20);
  expect(found(still, 2)).toBeUndefined();
});
