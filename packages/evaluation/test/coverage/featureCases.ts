/** @file The intervals of distances between sets of images. */
import { gauss, type Random, seededRandom } from "@pickapic/chance";
import type { Features } from "../../src/distances/features.ts";
import { frechetDistanceTo } from "../../src/distances/frechet.ts";
import { frechetInfluenceTo } from "../../src/distances/frechetInfluence.ts";
import { cmmd, kernelDistance } from "../../src/distances/kernel.ts";
import { intervalOfDraws } from "../../src/drawnInterval.ts";
import type { CoverageCase, Trial } from "./case.ts";

const WIDTH = 6;

/** Normal features whose mean is moved by `shift` in the first two numbers and whose spread is `spread`. */
function draw(count: number, shift: number, spread: number, unit: boolean, random: Random, width = WIDTH): Features {
  const values = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * width, (i + 1) * width);
    for (let j = 0; j < width; j++) row[j] = spread * gauss(random) + (j < 2 ? shift : 0);
    if (!unit) continue;
    const length = Math.hypot(...row);
    for (let j = 0; j < width; j++) row[j] = (row[j] ?? 0) / length;
  }
  return { values, count, width };
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

/** Features of the images of some prompts by two configurations, whose images of one prompt are alike. */
function drawPromptImages(prompts: number, width: number, random: Random): [Features, Features] {
  const shown = draw(prompts, 0, 0.6, false, random, width).values;
  const beside = (shift: number, spread: number): Features => {
    const features = draw(prompts, shift, spread, false, random, width);
    return { ...features, values: features.values.map((value, i) => value + (shown[i] ?? 0)) };
  };
  return [beside(0.4, 0.9), beside(0.9, 0.8)];
}

/** Draws of prompts, as `reproduce` makes them. */
const DRAWS = 1000;

/** @param worlds whose mean distances are the truth */
const frechetCase = (width: number, prompts: number, worlds: number): CoverageCase => ({
  name: `Fréchet distances of configurations, ${width} features, ${prompts} prompts`,
  printed: "reproduce",
  method: "percentiles of draws of prompts, to first order",
  async prepare(effort) {
    const real = draw(prompts + 20, 0, 1, false, seededRandom(31), width);
    const made = Math.ceil(effort * worlds);
    const truth = { one: 0, difference: 0 };
    const distance = await frechetDistanceTo(real);
    for (let i = 0; i < made; i++) {
      const [one, other] = drawPromptImages(prompts, width, seededRandom(8e6 + i));
      const [first, second] = [await distance(one), await distance(other)];
      truth.one += first / made;
      truth.difference += (second - first) / made;
    }
    const measured = await frechetInfluenceTo(real);
    return async (random) => {
      const [one, other] = drawPromptImages(prompts, width, random);
      const [first, second] = [await measured(one), await measured(other)];
      const apart = second.influence.map((value, i) => value - (first.influence[i] ?? 0));
      const trial = (of: string, value: number, influence: ArrayLike<number>, held: number): Trial => {
        const drawn = Array.from({ length: DRAWS }, () => value + drawnMean(influence, random));
        const [low, high] = intervalOfDraws(drawn) ?? [null, null];
        return { of: `${of}, ${width} features, ${prompts} prompts`, low, high, truth: held };
      };
      return [
        trial("Fréchet distance of as many images", first.distance, first.influence, truth.one),
        trial("difference of two Fréchet distances", second.distance - first.distance, apart, truth.difference),
      ];
    };
  },
});

/** The mean of as many values drawn with replacement. */
function drawnMean(values: ArrayLike<number>, random: Random): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)] ?? 0;
  return sum / values.length;
}

/** Pairs of sets whose mean distance is the truth. */
const TRUTH_WORLDS = 600;

/** The cases, in the order of the table. */
export const featureCases: readonly CoverageCase[] = [
  distanceCase("kernel distance", kernelDistance, false),
  distanceCase("CMMD", cmmd, true),
  frechetCase(6, 60, 2000),
  frechetCase(32, 60, 2000),
  frechetCase(128, 50, 300),
  frechetCase(128, 300, 300),
];
