/** @file Run by card.test.ts with a software card as "webgpu": three steps of the golden run there and a whole training, told as JSON. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMetrics, type TrainSettings, trainPickScore } from "../src/index.ts";
import { openDeviceStepper } from "../src/steps/deviceStepper.ts";
import type { StepResult } from "../src/steps/stepper.ts";
import { goldenSteps, openGolden } from "./goldenRun.ts";
import { colorExamples, examplesOf, SMALL_TRAINING, tinyClip } from "./tinyClip.ts";

/** What the process prints. */
export interface OnCard {
  /** Of the golden run. */
  steps: StepResult[];
  /** After those steps, by name. */
  parameters: Record<string, number[]>;
  /** Of the whole training: one loss a step, and the best accuracy of a validation. */
  training: { losses: number[]; accuracy: number };
}

/** A training of two steps with a validation, in a new folder. */
export async function trainTwoSteps(folder: string, device: TrainSettings["device"]): Promise<OnCard["training"]> {
  const small = { ...SMALL_TRAINING, validationSplit: "validation_unique", steps: 2 } as const;
  const settings = { ...small, init: await tinyClip(join(folder, "init")), out: join(folder, "run"), device };
  const { best } = await trainPickScore(settings, { examples: examplesOf(await colorExamples(40), await colorExamples(15, 9)) });
  const losses = (await readMetrics(join(settings.out, "metrics.jsonl"))).flatMap((each) => ("loss" in each ? [each.loss] : []));
  return { losses, accuracy: best!.accuracy };
}

async function printOnCard(): Promise<void> {
  const golden = await openGolden();
  const { state, trained } = golden.training;
  const stepper = await openDeviceStepper(state, trained, golden.settings, { device: "webgpu", precision: "float32" });
  const steps = await goldenSteps(golden, stepper, 0, 3);
  await stepper.fetch();
  const parameters = Object.fromEntries([...state.parameters.views].map(([name, view]) => [name, [...view]]));
  const folder = await mkdtemp(join(tmpdir(), "pickscore-card-"));
  // The programs of the card, whose translation is most of the work, are kept while a session is open: so the stepper is closed last.
  const training = await trainTwoSteps(folder, "webgpu");
  await rm(folder, { recursive: true });
  await stepper.close();
  // A pipe is written behind the scenes: ended at once, the process would take the rest with it.
  process.stdout.write(`${JSON.stringify({ steps, parameters, training } satisfies OnCard)}\n`, () => process.exit(0));
}

if (import.meta.main) await printOnCard();
