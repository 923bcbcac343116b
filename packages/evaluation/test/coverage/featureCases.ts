/** @file The intervals of distances between sets of images. */
import { gauss, type Random, seededRandom } from "@pickapic/chance";
import type { Features } from "../../src/distances/features.ts";
import { frechetDistance } from "../../src/distances/frechet.ts";
import { cmmd, kernelDistance } from "../../src/distances/kernel.ts";
import { intervalAround, intervalOfSquares } from "../../src/drawnInterval.ts";
import type { Interval } from "../../src/interval.ts";
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

/** Features of the images of 60 prompts by two configurations, whose images of one prompt are alike, and draws of the prompts. */
function drawPromptImages(random: Random) {
  const prompts = 60;
  const shown = draw(prompts, 0, 0.6, false, random).values;
  const [one, other] = [draw(prompts, 0.4, 0.9, false, random), draw(prompts, 0.9, 0.8, false, random)].map((features) => ({
    ...features,
    values: features.values.map((value, i) => value + (shown[i] ?? 0)),
  })) as [Features, Features];
  const drawn = Array.from({ length: 100 }, () => Array.from({ length: prompts }, () => Math.floor(random() * prompts)));
  return { one, other, drawn };
}

function rowsOf({ values, width }: Features, rows: readonly number[]): Features {
  const chosen = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) chosen.set(values.subarray(row * width, (row + 1) * width), i * width);
  return { values: chosen, count: rows.length, width };
}

const frechetCase: CoverageCase = {
  name: "Fréchet distances of configurations on 60 prompts",
  printed: "reproduce",
  method: "draws of prompts, moved to the value; of a distance their roots",
  async prepare(effort) {
    const real = draw(80, 0, 1, false, seededRandom(31));
    const worlds = Math.ceil(effort * TRUTH_WORLDS);
    const truth = { one: 0, difference: 0 };
    for (let i = 0; i < worlds; i++) {
      const { one, other } = drawPromptImages(seededRandom(8e6 + i));
      const [first, second] = [await frechetDistance(one, real), await frechetDistance(other, real)];
      truth.one += first / worlds;
      truth.difference += (second - first) / worlds;
    }
    return async (random) => {
      const { one, other, drawn } = drawPromptImages(random);
      const distance = async (features: Features, rows?: readonly number[]) =>
        frechetDistance(rows ? rowsOf(features, rows) : features, real);
      const [first, second] = [await distance(one), await distance(other)];
      const firsts = await Promise.all(drawn.map((rows) => distance(one, rows)));
      const seconds = await Promise.all(drawn.map((rows) => distance(other, rows)));
      const trial = (of: string, interval: Interval | null, held: number) => ({
        ...{ of, low: interval?.[0] ?? null, high: interval?.[1] ?? null },
        truth: held,
      });
      return [
        trial("Fréchet distance of as many images", intervalOfSquares(first, firsts), truth.one),
        trial(
          "difference of two Fréchet distances",
          intervalAround(
            second - first,
            seconds.map((each, i) => each - (firsts[i] ?? Number.NaN)),
          ),
          truth.difference,
        ),
      ];
    };
  },
};

/** Pairs of sets whose mean distance is the truth. */
const TRUTH_WORLDS = 600;

/** The cases, in the order of the table. */
export const featureCases: readonly CoverageCase[] = [
  distanceCase("kernel distance", kernelDistance, false),
  distanceCase("CMMD", cmmd, true),
  frechetCase,
];
