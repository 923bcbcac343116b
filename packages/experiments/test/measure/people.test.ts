import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@pickapic/chance";
import { type Dataset, memorySource, openDataset, type RankingRecord, UNRECORDED, writeDataset } from "@pickapic/dataset";
import { humanCeiling } from "@pickapic/evaluation";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { measureExpertAnswers } from "../../src/measure/expertAnswers.ts";
import { countFailures } from "../../src/measure/failures.ts";
import type { JudgedPair } from "../../src/measure/pairs.ts";
import { answersIn, readExperts } from "../../src/measure/people.ts";
import { remarksOf } from "../../src/measure/remarks.ts";

let root = "";
let dataset: Dataset;

/** Two people see each pair, the second one with the images on the other side; they agree on the image, except for every fourth pair. */
function records(): RankingRecord[] {
  return Array.from({ length: 120 }, (_, i) => {
    const pair = Math.floor(i / 2);
    const [uid0, uid1] = i % 2 ? [`b${pair}`, `a${pair}`] : [`a${pair}`, `b${pair}`];
    const agrees = i % 2 === 0 || pair % 4 !== 0;
    const best = agrees ? `a${pair}` : `b${pair}`;
    return {
      ...UNRECORDED,
      ...{ best_image_uid: best, has_label: true, label_0: best === uid0 ? 1 : 0, label_1: best === uid1 ? 1 : 0 },
      ...{ are_different: false, model_0: "m", model_1: "m", image_0_url: "", image_1_url: "" },
      ...{ image_0_uid: uid0, image_1_uid: uid1, caption: `prompt ${pair}`, created_at: BigInt(i) },
      ...{ ranking_id: BigInt(i + 1), user_id: BigInt(1 + (i % 2)) },
    };
  });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-people-"));
  const source = memorySource(records(), async () => new Uint8Array());
  await writeDataset(source, join(root, "data"), { images: false, seed: 1, name: "test" });
  dataset = await openDataset(join(root, "data"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("answers to a pair are gathered over all splits and compared on images, not on sides", async () => {
  const answers = await answersIn(dataset);
  expect(answers.size).toBe(60);
  const judgements = [...answers].flatMap(([pair, own]) => own.map((answer) => ({ pair, ...answer })));
  const { pairs, tieAware } = humanCeiling(judgements, seededRandom(1));
  expect({ pairs, value: tieAware.value }).toEqual({ pairs: 60, value: 0.75 });
});

test("people who all disagree are named as such, because chance alone would agree in half of the pairs", () => {
  const opposite = Array.from({ length: 80 }, (_, i) => ({
    pair: `${i >> 1}`,
    prompt: `prompt ${i >> 1}`,
    person: `${i % 2}`,
    label: (i % 2) as 0 | 1,
  }));
  const said = (judgements: typeof opposite) => remarksOf([], new Map(), humanCeiling(judgements, seededRandom(1)));
  expect(said(opposite)).toContain(
    "No two people agree on any of the 40 pairs that several judged, where chance alone gives half: look whether sides or images were mixed up.",
  );
  expect(said(opposite.map((each, i) => (i === 1 ? { ...each, label: 0 as const } : each))).join()).not.toContain(
    "No two people",
  );
});

describe("experts", () => {
  const file = async (text: string): Promise<string> => {
    await writeFile(join(root, "experts.csv"), text);
    return join(root, "experts.csv");
  };

  test("may answer a ranking several times, in the spellings of a table of pairs, and count as their mean", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i},a\n${i},${i % 2 ? "Tie" : "1"}`);
    const experts = await readExperts(await file(`Ranking ID;choice\n${rows.join("\n").replaceAll(",", ";")}\n`));
    expect(experts.get(3n)).toEqual([0, "tie"]);
    const image = { uid: "", model: "", guidanceScale: null };
    const pairs = Array.from(
      { length: 50 },
      (_, i): JudgedPair => ({
        ...{ rankingId: BigInt(i), person: "", caption: `${i}`, label: 0, image0: image, image1: image, probabilities: [] },
      }),
    );
    const scores = pairs.map(() => 1);
    const found = measureExpertAnswers(pairs, experts, [{ scorer: "sure", scores }], 1);
    // Half of the rankings have one right and one wrong answer (0.5), half one right one and a tie (0.75).
    expect(found).toMatchObject({ rankings: 40, answers: 80, accuracy: { value: 0.625 } });
    expect(found.differences).toMatchObject([{ scorer: "sure", difference: { value: 0.375 } }]);
  });

  test.each([
    ["ranking_id,choice\n1,a\nx,b\n", /line 3: expected the ranking_id of the dataset, a whole number/],
    ["ranking_id,choice\n1,perhaps\n", /line 2: expected 0, 1 or tie as choice/],
    ["prompt,choice\nx,a\n", /expected the columns ranking_id and choice; got prompt, choice/],
  ])("a table that is wrong is refused: %j", async (text, message) => {
    await expect(readExperts(await file(text))).rejects.toThrow(message);
  });
});

test("failures end the work as soon as more rankings must be lost than may be, and at the end when more were", () => {
  const failure = { judge: "j", caption: "p", uid: "u", reason: "j gave no score: no eyes." };
  const early = countFailures(0.05, 100);
  for (let i = 0; i < 10; i++) early.onFailure(failure);
  expect(() => early.onFailure(failure)).toThrow(
    /^At least 6 of the 100 rankings cannot be measured.*at most 5 %.*image u of "p": j gave no score/,
  );
  const late = countFailures(0.05, 100);
  late.onFailure(failure);
  expect(() => late.check("test", 100, 95)).not.toThrow();
  expect(() => late.check("test", 100, 94)).toThrow(/^6 of the 100 rankings of test cannot be measured/);
  expect(late.summary()).toEqual([{ scorer: "j", images: 1, first: [{ uid: "u", caption: "p", reason: failure.reason }] }]);
});
