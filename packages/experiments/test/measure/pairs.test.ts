import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dataset, openDataset, writeDataset } from "@pickapic/dataset";
import { exampleScore } from "@pickapic/evaluation";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Collected, collect } from "../../src/collect.ts";
import { type Judge, type JudgeFailure, judgeSplit } from "../../src/measure/pairs.ts";
import { randomPredictor } from "../../src/measure/scorers.ts";
import { measureExperts } from "../../src/reproduce/experts.ts";

let folder = "";
let collected: Collected;
let dataset: Dataset;
const effects = { signal: new AbortController().signal, onProgress() {} };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-pairs-"));
  collected = await collect({ seed: 1, rankings: 120, answersPerPrompt: 3, promptsPerPerson: 1, size: 24 }, effects);
  await writeDataset(collected.source, join(folder, "data"), { images: true, seed: 1, name: "test", heldOutShare: 0.5 });
  dataset = await openDataset(join(folder, "data"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Knows nothing but the number of bytes, and counts how often it looks. */
function countingJudge(): Judge & { looks: number } {
  return {
    name: "bytes",
    looks: 0,
    async scorePairs(pairs) {
      this.looks += pairs.length;
      return pairs.map(({ image }) => ({ score: image.length / 1000 }));
    },
  };
}

test("every ranking comes with people's label and the probability from the judge's two scores", async () => {
  const pairs = await judgeSplit(dataset, "test", [countingJudge()], effects);
  expect(pairs).toHaveLength(dataset.count("test"));
  for (const { rankingId, person, label, image0, image1, probabilities } of pairs) {
    const ranking = collected.rankings[Number(rankingId) - 1]!;
    expect(person).toBe(`${ranking.author + 1}`);
    expect({ label, uids: [image0.uid, image1.uid] }).toEqual({
      label: ranking.label,
      uids: ranking.images.map(({ uid }) => uid),
    });
    const [size0, size1] = ranking.images.map(({ uid }) => collected.images.get(uid)!.length / 1000);
    expect(probabilities).toEqual([1 / (1 + Math.exp(size1! - size0!))]);
  }
});

test("an image is scored once for its prompt, however often it is shown", async () => {
  const judge = countingJudge();
  const pairs = await judgeSplit(dataset, "test", [judge], effects);
  const images = new Set(
    pairs.flatMap(({ caption, image0, image1 }) => [`${image0.uid} ${caption}`, `${image1.uid} ${caption}`]),
  );
  expect(judge.looks).toBe(images.size);
  expect(judge.looks).toBeLessThan(2 * pairs.length);
});

test("a judge who fails stops the measurement", async () => {
  const failing: Judge = { ...countingJudge(), scorePairs: () => Promise.reject(new Error("no eyes")) };
  await expect(judgeSplit(dataset, "test", [failing], effects)).rejects.toThrow("no eyes");
});

test("rankings with an image without a score are left out for all judges, and each such image is named once", async () => {
  const whole = await judgeSplit(dataset, "test", [countingJudge()], effects);
  const bad = whole[3]?.image0.uid ?? "";
  const size = collected.images.get(bad)?.length;
  const blind: Judge = {
    name: "blind",
    scorePairs: async (pairs) => pairs.map(({ image }) => ({ score: image.length === size ? Number.NaN : 1 })),
  };
  const failures: JudgeFailure[] = [];
  const pairs = await judgeSplit(dataset, "test", [countingJudge(), blind], {
    ...effects,
    onFailure: (each) => failures.push(each),
  });
  const isBad = ({ image0, image1 }: (typeof whole)[number]) =>
    [image0, image1].some(({ uid }) => collected.images.get(uid)?.length === size);
  expect(pairs.map(({ rankingId }) => rankingId)).toEqual(whole.filter((pair) => !isBad(pair)).map(({ rankingId }) => rankingId));
  expect(failures.filter(({ uid }) => uid === bad)).toEqual([
    { judge: "blind", caption: whole[3]?.caption, uid: bad, reason: "blind gave no score: the score is NaN." },
  ]);
  await expect(judgeSplit(dataset, "test", [blind], effects)).rejects.toMatchObject({ code: "PICKAPIC_CLI_NO_SCORE" });
});

test("chance reaches 0.5 and half of the ties, as random and aesthetic do in the paper", () => {
  const ties = (share: number) =>
    Array.from({ length: 1000 }, (_, i) => ({ probability0: 0.5, label: i < 1000 * share ? ("tie" as const) : (0 as const) }));
  expect(randomPredictor(ties(0.1), ties(0.136))).toEqual({ threshold: 1, accuracy: expect.closeTo(0.568, 10) });
});

test("outside experts agree with the authors in 66 to 70 %, and more of them give the same answer with less noise", () => {
  const one = measureExperts(collected.rankings, 1, 1);
  const many = measureExperts(collected.rankings, 40, 1);
  expect(many.accuracy).toBeGreaterThan(0.6);
  expect(many.accuracy).toBeLessThan(0.76);
  expect(many.interval![1] - many.interval![0]).toBeLessThan(one.interval![1] - one.interval![0]);
  expect(new Set(one.scores)).toEqual(new Set([0, 0.5, 1]));
  expect(exampleScore({ probability0: 0.5, label: 0 }, 0)).toBe(0.5);
});
