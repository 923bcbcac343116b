/** @file The intervals of distances between sets of images. */
import { gauss, type Random, seededRandom } from "@pickapic/chance";
import type { Features } from "../../src/distances/features.ts";
import { cmmd, kernelDistance } from "../../src/distances/kernel.ts";
import type { CoverageCase } from "./case.ts";

const WIDTH = 6;

/** Normal features whose mean is moved by `shift` in the first two numbers and whose spread is `spread`. */
function draw(count: number, shift: number, spread: number, unit: boolean, random: Random): Features {
  const values = new Float32Array(count * WIDTH);
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * WIDTH, (i + 1) * WIDTH);
    for (let j = 0; j < WIDTH; j++) row[j] = spread * gauss(random) + (j < 2 ? shift : 0);
    if (!unit) continue;
    const length = Math.hypot(...row);
    for (let j = 0; j < WIDTH; j++) row[j] = (row[j] ?? 0) / length;
  }
  return { values, count, width: WIDTH };
}

/** Two sets of 40 and 30 images that differ in mean and spread. The estimates are unbiased, so that their mean is the truth. */
const sets = (unit: boolean, random: Random) => [draw(40, 0, 1, unit, random), draw(30, 0.5, 1.2, unit, random)] as const;

const distanceCase = (name: string, distance: typeof kernelDistance, unit: boolean): CoverageCase => ({
  name,
  printed: "evaluate distance",
  method: "jackknife over the images of both sides, Student's t",
  async prepare(effort) {
    const worlds = Math.ceil(effort * TRUTH_WORLDS);
    let truth = 0;
    for (let i = 0; i < worlds; i++) truth += (await distance(...sets(unit, seededRandom(7e6 + i)))).value / worlds;
    return async (random) => {
      const { interval } = await distance(...sets(unit, random));
      return [{ of: name, low: interval?.[0] ?? null, high: interval?.[1] ?? null, truth }];
    };
  },
});

/** Pairs of sets whose mean distance is the truth. */
const TRUTH_WORLDS = 600;

/** The cases, in the order of the table. */
export const featureCases: readonly CoverageCase[] = [
  distanceCase("kernel distance", kernelDistance, false),
  distanceCase("CMMD", cmmd, true),
];
