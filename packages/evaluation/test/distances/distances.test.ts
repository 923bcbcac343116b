/** @file Distances between sets of images, beside numpy and scipy (fixtures/evaluation/distances.py), and by their properties. */
import { readFileSync } from "node:fs";
import { gauss, seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { symmetricEigenvalues } from "../../src/distances/eigenvalues.ts";
import { intercept } from "../../src/distances/frechet.ts";
import { frechetInfluenceTo, makeOrthogonal } from "../../src/distances/frechetInfluence.ts";
import { cmmd, type Features, frechetBySize, frechetDistance, kernelDistance } from "../../src/index.ts";
import { Matrix } from "../../src/matrix.ts";

interface GoldenDistance {
  value: number;
  interval: [number, number];
}

const { cases, line } = JSON.parse(
  readFileSync(new URL("../../../../fixtures/evaluation/distances.json", import.meta.url), "utf8"),
) as {
  line: { points: { images: number; distance: number }[]; endless: number };
  cases: {
    counts: [number, number];
    width: number;
    dead: number;
    frechet: number;
    frechetByRoot?: number;
    influence: number[];
    kernel: GoldenDistance;
    cmmd: GoldenDistance;
  }[];
};

/** The same features as the script makes; the last `dead` ones do not vary. */
function features(count: number, width: number, shift: number, dead = 0): Features {
  const value = (i: number, j: number) =>
    j >= width - dead
      ? 0.25
      : Math.sin((i + 1) * (j + 2) * 0.7 + shift) * (1 + 3 * Math.cos(j * 1.3 + shift) ** 2) + 0.1 * shift * Math.cos(j);
  const values = Float32Array.from({ length: count * width }, (_, at) => value(Math.floor(at / width), at % width));
  return { values, count, width };
}

/** Rows of length 1. */
function unit({ values, count, width }: Features): Features {
  const scaled = Float32Array.from(values, (value, at) => {
    const row = values.subarray(at - (at % width), at - (at % width) + width);
    return value / Math.sqrt(row.reduce((sum, each) => sum + each * each, 0));
  });
  return { values: scaled, count, width };
}

const drawn = (count: number, width: number, seed: number, shift = 0): Features => {
  const random = seededRandom(seed);
  return { values: Float32Array.from({ length: count * width }, () => gauss(random) + shift), count, width };
};

test.each(cases)("$counts images with $width features, $dead of them constant", async ({ counts, width, dead, ...golden }) => {
  const [a, b] = [features(counts[0], width, 0, dead), features(counts[1], width, 1, dead)];
  const frechet = await frechetDistance(a, b);
  expect(Math.abs(frechet / golden.frechet - 1)).toBeLessThan(1e-8);
  if (golden.frechetByRoot !== undefined) expect(Math.abs(frechet / golden.frechetByRoot - 1)).toBeLessThan(1e-8);
  const close = ({ value, interval }: GoldenDistance, places: number) => ({
    value: expect.closeTo(value, places) as number,
    interval: interval.map((bound) => expect.closeTo(bound, places) as number),
    reason: null,
  });
  expect(await kernelDistance(a, b)).toEqual(close(golden.kernel, 8));
  expect(await cmmd(unit(a), unit(b))).toEqual(close(golden.cmmd, 4));
});

test.each(cases)(
  "how much each of $counts images moves the distance of $width features is numpy's difference quotient",
  async ({ counts, width, dead, ...golden }) => {
    const [a, b] = [features(counts[0], width, 0, dead), features(counts[1], width, 1, dead)];
    const { distance, influence } = await (await frechetInfluenceTo(b))(a);
    expect(Math.abs(distance / golden.frechet - 1)).toBeLessThan(1e-8);
    for (const [i, value] of influence.entries()) expect(Math.abs(value / golden.influence[i]! - 1), `${i}`).toBeLessThan(1e-6);
  },
);

test("the distance of endlessly many images is where scipy's line over 1 / images meets 0", () => {
  expect(intercept(line.points)).toBeCloseTo(line.endless, 12);
});

test("rows are turned until they are orthogonal, a row of zeros stays, and the matrix keeps its squares", () => {
  const random = seededRandom(4);
  const matrix = new Matrix(5, 9);
  for (let i = 0; i < 4 * 9; i++) matrix.data[i] = gauss(random);
  const square = matrix.data.reduce((sum, value) => sum + value ** 2, 0);
  const lengths = makeOrthogonal(matrix);
  expect(lengths.reduce((sum, length) => sum + length ** 2, 0)).toBeCloseTo(square, 10);
  for (let i = 0; i < 5; i++)
    for (let j = 0; j < i; j++)
      expect(Math.abs(matrix.row(i).reduce((sum, value, k) => sum + value * matrix.at(j, k), 0))).toBeLessThan(1e-11);
  expect([...matrix.row(4)]).toEqual(new Array(9).fill(0));
});

test("eigenvalues of Q D Q^T are D, for reflections Q", () => {
  const numbers = fc.double({ min: -5, max: 5, noNaN: true });
  const sized = fc.integer({ min: 1, max: 12 }).chain((n) =>
    fc.record({
      diagonal: fc.array(numbers, { minLength: n, maxLength: n }),
      mirror: fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: n, maxLength: n }),
    }),
  );
  fc.assert(
    fc.property(sized, ({ diagonal, mirror }) => {
      const n = diagonal.length;
      const square = mirror.reduce((sum, value) => sum + value * value, 0);
      const q = (i: number, j: number) => (i === j ? 1 : 0) - (2 * mirror[i]! * mirror[j]!) / square;
      const matrix = new Matrix(n, n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++)
          matrix.set(
            i,
            j,
            diagonal.reduce((sum, value, k) => sum + q(i, k) * value * q(j, k), 0),
          );
      const found = symmetricEigenvalues(matrix);
      const sorted = [...diagonal].sort((x, y) => x - y);
      expect([...found]).toEqual(sorted.map((value) => expect.closeTo(value, 10) as number));
    }),
    { numRuns: 200, seed: 7 },
  );
});

describe("the number of images", () => {
  test("makes the Fréchet distance of equal distributions large, and the line through subsets takes most of it away", async () => {
    const { points, endless } = await frechetBySize(drawn(400, 8, 1), drawn(400, 8, 2), { random: seededRandom(3) });
    const [first, last] = [points[0]!, points.at(-1)!];
    expect(points.map(({ images }) => images)).toEqual([50, 100, 200, 400]);
    expect(first.distance).toBeGreaterThan(3 * last.distance);
    expect(Math.abs(endless!)).toBeLessThan(last.distance / 2);
  });

  test("does not move the kernel distance: the mean of many small sets is the truth, 0", async () => {
    let sum = 0;
    for (let i = 0; i < 200; i++) sum += (await kernelDistance(drawn(20, 3, 2 * i), drawn(12, 3, 2 * i + 1))).value;
    expect(Math.abs(sum / 200)).toBeLessThan(0.1);
    // Without leaving out each image's kernel with itself the mean would be above 0.5.
  });
});

test("the interval of the kernel distance holds the truth in 93 to 97 of 100 draws of shifted sets of unequal size", async () => {
  const [width, shift, draws] = [8, 0.5, 500];
  // E (x.y / width + 1)^3 for independent normal x, y with means p and q: cumulants of the products of single numbers add up.
  const moment = (p: number, q: number) => {
    const [m1, m2, m3] = [p * q, (p * p + 1) * (q * q + 1), (p ** 3 + 3 * p) * (q ** 3 + 3 * q)];
    const [k1, k2, k3] = [m1, m2 - m1 ** 2, m3 - 3 * m1 * m2 + 2 * m1 ** 3].map((cumulant, i) => cumulant / width ** i) as [
      number,
      number,
      number,
    ];
    return k3 + 3 * k2 * (k1 + 1) + (k1 + 1) ** 3;
  };
  const truth = moment(0, 0) + moment(shift, shift) - 2 * moment(0, shift);
  let held = 0;
  for (let i = 0; i < draws; i++) {
    const { interval } = await kernelDistance(drawn(40, width, 2 * i), drawn(25, width, 2 * i + 1, shift));
    if (interval![0] <= truth && truth <= interval![1]) held++;
  }
  expect(held / draws).toBeGreaterThan(0.93);
  expect(held / draws).toBeLessThan(0.97);
});

test.each([
  ["equal sets", features(30, 5, 0), features(30, 5, 0), 0],
  [
    "sets with a mean apart",
    { values: new Float32Array(20), count: 10, width: 2 },
    { values: new Float32Array(20).fill(3), count: 10, width: 2 },
    18,
  ],
])("of %s", async (_, a, b, distance) => {
  expect(await frechetDistance(a, b)).toBeCloseTo(distance, 8);
});

test.each([
  [features(3, 4, 0), features(3, 5, 0), /one width are needed; got 4 and 5/],
  [features(1, 4, 0), features(3, 4, 0), /at least two images on each side are needed; got 1/],
  [features(3, 4, 0), { values: Float32Array.of(0, 1, 2, Number.NaN), count: 2, width: 2 }, /one width/],
  [features(3, 2, 0), { values: Float32Array.of(0, 1, 2, Number.NaN), count: 2, width: 2 }, /image 1 has NaN/],
  [features(3, 2, 0), { values: new Float32Array(3), count: 2, width: 2 }, /2 x 2 numbers are needed; got 3/],
])("refuses sets that cannot be compared %#", async (a, b, message) => {
  await expect(frechetDistance(a, b)).rejects.toThrow(message);
  await expect(kernelDistance(a, b)).rejects.toThrow(message);
});

test("a set against itself is a set against its copy: a kernel distance below 0, because shared images are compared with themselves", async () => {
  const set = drawn(40, 3, 5);
  const alone = await kernelDistance(set, set);
  expect(alone).toEqual(await kernelDistance(set, { ...set, values: set.values.slice() }));
  expect(alone.value).toBeLessThan(0);
  expect(alone.interval?.[1]).toBeLessThan(0);
});
