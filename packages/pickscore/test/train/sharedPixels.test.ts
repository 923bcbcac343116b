import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { readMetrics, type TrainEffects, type TrainSettings, trainPickScore } from "../../src/index.ts";
import { writeColors } from "../colorDataset.ts";
import { colorExamples, SMALL_TRAINING, temporaryFolder, tinyClip } from "../tinyClip.ts";

shareSessions();

/** Everything that a training measures and learns, without times. */
async function outcome(settings: Partial<TrainSettings>, effects: TrainEffects) {
  await trainPickScore(settings, effects);
  const inRun = (name: string) => join(settings.out!, name);
  const metrics = await readMetrics(inRun("metrics.jsonl"));
  return {
    weights: readFileSync(inRun("model.safetensors")).toString("base64"),
    metrics: metrics.map((each) => ({ ...each, seconds: 0 })),
    validation: readFileSync(inRun("validation.json"), "utf8"),
  };
}

test("trainings that share prepared pixels give the bits of trainings that do not, and only the first prepares any", async () => {
  const folder = temporaryFolder();
  const dataset = join(folder, "dataset");
  await writeColors(await colorExamples(80), dataset);
  const init = await tinyClip(join(folder, "init"));
  const settings = { ...SMALL_TRAINING, init, dataset, validateEvery: 3, validationSplit: "validation" } as const;
  const sharedPixels = join(folder, "shared", "pixels.bin");
  const written: number[] = [];
  // The share comes first, so that the file lacks images of the second training.
  for (const [i, changes] of [{ share: 0.5 }, {}, { negatives: "in-batch" }, { seed: 7 }].entries()) {
    const alone = await outcome({ ...settings, ...changes, out: join(folder, `alone-${i}`) } as Partial<TrainSettings>, {});
    const together = await outcome({ ...settings, ...changes, out: join(folder, `together-${i}`) } as Partial<TrainSettings>, {
      sharedPixels,
    });
    expect(together).toEqual(alone);
    expect(alone.metrics.length).toBeGreaterThan(6);
    written.push(statSync(sharedPixels).ino);
  }
  expect(written[1]).not.toBe(written[0]);
  expect(written.slice(2)).toEqual([written[1], written[1]]);
});
