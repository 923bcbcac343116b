import { gauss, seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import type { PromptSet } from "../../src/measure/promptSets/promptSet.ts";
import { FRECHET } from "../../src/measure/promptSets/promptSetOrders.ts";
import { measurePromptSets } from "../../src/measure/promptSets/promptSets.ts";
import { drawPrompts, orderOf, sharesOfScores, winRatios, winShares } from "../../src/measure/winShares.ts";

/** An image says what its score is, and how far its feature is from a real one. */
const image = (score: number, away: number) => Uint8Array.of(score, away);
const PROMPTS = 30;
/** What people say: of the four configurations the first wins always, the last never. */
const people = Array.from({ length: PROMPTS }, () => [1, 2 / 3, 1 / 3, 0]);

const setOf = (name: string, levels: readonly (readonly [score: number, away: number])[], asked = true): PromptSet => ({
  name,
  prompts: Array.from({ length: PROMPTS }, (_, i) => `prompt ${i}`),
  images: async (prompt) => levels.map(([score, away]) => image(score, 10 * away + (prompt % 5))),
  people: asked ? people : null,
});
const judge = {
  name: "scorer",
  scorer: {
    scorePairs: async (pairs: readonly { image: string | Uint8Array }[]) =>
      pairs.map(({ image: [score = 0] }) => ({ score: Number(score) })),
  },
  threshold: 0,
};
const reader = {
  isUnit: false,
  read: async (images: readonly (string | Uint8Array)[]) => ({
    values: Float32Array.from(images, ([, away]) => Number(away)),
    count: images.length,
    width: 1,
  }),
  close: async () => {},
};
const settings = {
  ...{ configurations: ["a", "b", "c", "d"], judges: [judge], truth: [4, 3, 2, 1], seed: 1, draws: 40 },
  real: { reader, images: Array.from({ length: 10 }, (_, i) => image(0, i % 5)), intervals: true },
  contrasts: [{ name: "a minus d", weights: [1, 0, 0, -1] }],
};
const measure = (...sets: PromptSet[]) =>
  measurePromptSets(sets, settings, { signal: new AbortController().signal, onProgress() {} });

test("a scorer that likes what people like agrees with them, a distance that punishes it does not, and sets are compared", async () => {
  const report = await measure(setOf("users", [[9, 5], [5, 3], [3, 1], [1, 0]]), setOf("captions", [[1, 0], [3, 1], [5, 3], [9, 5]], false)); // biome-ignore format: a table
  const [users, captions] = report.sets.map(({ judges }) => new Map(judges.map((each) => [each.judge, each])));
  const sure = (value: number) => ({ value, interval: [value, value], reason: null });
  expect(users?.get("scorer")).toMatchObject({
    unit: "share",
    withPeople: sure(1),
    withTruth: sure(1),
    values: [sure(1), sure(2 / 3), sure(1 / 3), sure(0)].map(({ value }) => ({ value: expect.closeTo(value, 12) })),
  });
  expect(users?.get(FRECHET)).toMatchObject({ unit: "distance", withPeople: sure(-1), withTruth: sure(-1) });
  // Far from the real images by 50, 30, 10 and 0 levels: the squared distance of the means, and no more, since all vary alike.
  expect(users?.get(FRECHET)?.values.map(({ value }) => Math.round(value ?? 0))).toEqual([2500, 900, 100, 0]);
  expect(users?.get(FRECHET)?.contrasts[0]?.value).toBeGreaterThan(2400);
  expect(users?.get("people")).toMatchObject({
    withPeople: null,
    contrasts: [sure(1)].map((each) => ({ ...each, name: "a minus d" })),
  });
  expect(captions?.get("scorer")).toMatchObject({ withPeople: null, withTruth: sure(-1) });
  expect(report.comparisons.map(({ judge: by, difference }) => [by, difference.value])).toEqual([["scorer", 2], [FRECHET, -2]]); // biome-ignore format: a table
  expect(report.againstDistance).toEqual([{ judge: "scorer", set: "users", difference: sure(2) }]);
});

test("a distance of many features, which would be larger in every draw because images repeat, has an interval around its value and not below 0", async () => {
  const width = 20;
  const random = seededRandom(5);
  const far = async (images: readonly (string | Uint8Array)[]) => {
    const values = Float32Array.from({ length: width * images.length }, () => gauss(random));
    return { values, count: images.length, width };
  };
  const report = await measurePromptSets(
    [setOf("users", [[9, 5], [5, 3], [3, 1], [1, 0]])],
    { ...settings, real: { ...settings.real, images: Array.from({ length: 90 }, () => image(0, 0)), reader: { ...reader, read: far } } },
    { signal: new AbortController().signal, onProgress() {} },
  ); // biome-ignore format: a table
  const { values = [], contrasts = [] } = report.sets[0]?.judges.find(({ judge: by }) => by === FRECHET) ?? {};
  expect(values).toHaveLength(4);
  const said = "percentiles of 40 draws of prompts, of Fréchet distances to first order, by the influence of each prompt";
  expect(report.protocol).toContain(`${said} (conservative, because there are fewer than four prompts for each feature);`);
  const many = await measure(setOf("users", [[9, 5], [5, 3], [3, 1], [1, 0]])); // biome-ignore format: a table
  expect(many.protocol).toContain(`${said};`);
  for (const { value, interval } of values) {
    expect(interval?.[0]).toBeLessThan(value ?? 0);
    expect(interval?.[0]).toBeGreaterThanOrEqual(0);
    expect(interval?.[1]).toBeGreaterThan(value ?? 0);
  }
  for (const { value, interval } of contrasts)
    expect((interval?.[0] ?? 0) + (interval?.[1] ?? 0)).toBeCloseTo(2 * (value ?? 0), -1);
});

test("Ctrl-C while distances are computed ends the work at the next one, and they are counted", async () => {
  const controller = new AbortController();
  const drawn: number[] = [];
  const measuring = measurePromptSets(
    [
      setOf("users", [
        [9, 5],
        [5, 3],
        [3, 1],
        [1, 0],
      ]),
    ],
    settings,
    {
      signal: controller.signal,
      onProgress({ done, unit }) {
        if (unit !== "distances") return;
        drawn.push(done);
        setImmediate(() => controller.abort()); // As a signal of the system arrives: in a turn of the event loop.
      },
    },
  );
  await expect(measuring).rejects.toThrow("aborted");
  expect(drawn).toEqual([1]);
});

test("what a scorer that likes all alike says of an order is null with its reason", async () => {
  const report = await measure(setOf("level", [[5, 5], [5, 3], [5, 1], [5, 0]])); // biome-ignore format: a table
  const level = report.sets[0]?.judges.find((each) => each.judge === "scorer");
  expect(level?.withPeople).toEqual({ value: null, interval: null, reason: "one side rates all configurations alike" });
  expect(level?.values.map(({ value }) => value)).toEqual([0.5, 0.5, 0.5, 0.5]);
});

test("win shares are what each two say, ties counted half, and ratios are their means over prompts", () => {
  expect(winShares(3, (a, b) => (a === 0 && b === 1 ? 0.5 : 1))).toEqual([0.75, 0.75, 0]);
  expect(sharesOfScores([2, 2, 0], 0)).toEqual([0.75, 0.75, 0]);
  expect(sharesOfScores([2, 1.9, 0], 0.2)).toEqual([0.75, 0.75, 0]);
  expect(winRatios([[1, 0], [0, 1], [1, 0]], [0, 1, 1])).toEqual([1 / 3, 2 / 3]); // biome-ignore format: a table
  const draws = drawPrompts(3, 2, () => 0.99);
  expect(orderOf("x", [[1, 0], [1, 0], [0, 1]], draws)).toEqual({ name: "x", values: [2 / 3, 1 / 3], drawn: [[0, 1], [0, 1]] }); // biome-ignore format: a table
});
