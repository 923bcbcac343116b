import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trainPickScore } from "../../src/index.ts";
import { colorExamples, examplesOf, poison, temporaryFolder, tinyClip } from "../tinyClip.ts";

async function diverging() {
  const folder = temporaryFolder();
  const init = await tinyClip(join(folder, "init"));
  poison(init);
  const train = (await colorExamples(12)).map((example, i) => ({ ...example, id: `${i + 1}` }));
  const settings = {
    train: "all",
    init,
    out: join(folder, "run"),
    steps: 4,
    batchPairs: 8,
    microBatchPairs: 4,
    threads: 1,
    learningRate: 1,
  };
  return { train, settings: { ...settings, warmup: "none" as const } };
}

test("a step whose loss is not finite leaves its batch: pairs, numbers, and the images as they are in the dataset", async () => {
  const { train, settings } = await diverging();
  const place = join(settings.out, "diverged");
  await expect(trainPickScore(settings, { examples: examplesOf(train) })).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_DIVERGED",
    message: expect.stringMatching(
      /step 1: expected a finite loss, got loss NaN.*learning rate 1\..*The batch is in .*diverged\.$/,
    ),
  });
  const batch = JSON.parse(readFileSync(join(place, "batch.json"), "utf8"));
  expect(batch).toMatchObject({ step: 1, loss: "NaN", gradientNorm: "NaN", learningRate: 1 });
  expect(batch.temperature).toBeGreaterThan(0);
  expect(batch.pairs).toHaveLength(8);
  expect(batch.pairs.reduce((sum: number, { weight }: { weight: number }) => sum + weight, 0)).toBeCloseTo(1, 9);
  const byId = new Map(train.map((example) => [example.id, example]));
  for (const { rankingId, caption, target, image0, image1 } of batch.pairs) {
    const example = byId.get(rankingId)!;
    expect({ caption, target }).toEqual({ caption: example.caption, target: example.target });
    expect([image0.uid, image1.uid]).toEqual([example.image0, example.image1]);
    expect([image0.score, image1.score]).toEqual(["NaN", "NaN"]);
    expect(readFileSync(join(place, image0.file)).equals(example.bytes0)).toBe(true);
    expect(readFileSync(join(place, image1.file)).equals(example.bytes1)).toBe(true);
    expect(image0.file).toMatch(/^images\/\d+\.png$/);
  }
  expect(readdirSync(settings.out).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("what an earlier failure left there is replaced", async () => {
  const { train, settings } = await diverging();
  for (const count of [12, 8]) {
    const examples = examplesOf(train.slice(0, count));
    await expect(trainPickScore(settings, { examples })).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_DIVERGED" });
  }
  const { pairs } = JSON.parse(readFileSync(join(settings.out, "diverged", "batch.json"), "utf8"));
  expect(new Set(pairs.map(({ rankingId }: { rankingId: string }) => rankingId)).size).toBe(8);
  expect(readdirSync(join(settings.out, "diverged", "images")).length).toBe(16);
});

test("that the batch cannot be saved does not hide why training stopped", async () => {
  const { train, settings } = await diverging();
  const examples = examplesOf(train);
  // Counted, loaded, and then read once more for what the batch shows.
  let reads = 0;
  const broken = {
    ...examples,
    read: (split: "train" | "validation_unique") => {
      if (split === "train" && ++reads > 2) throw new Error("the disk is gone");
      return examples.read(split);
    },
  };
  await expect(trainPickScore(settings, { examples: broken as typeof examples })).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_DIVERGED",
    message: expect.not.stringContaining("The batch is in"),
  });
});
