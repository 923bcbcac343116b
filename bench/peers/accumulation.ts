/** @file Compares the gradient of one batch of 8 pairs with gradient accumulation over 4 micro-batches of 2, for all parameters of ViT-B/32. */
import { itemAt } from "../../packages/errors/src/index.ts";
import { openStepper } from "../../packages/pickscore/src/steps/stepper.ts";
import { modelOf } from "./models.ts";
import { ADAM_W, drawPairs, LEARNING_RATE, LENGTHS, openTrainee, PAIRS, type Trainee } from "./pairBatch.ts";
import type { Row, Surroundings } from "./report.ts";

const PARTS = 4;

export async function measureAccumulation({ threads, say }: Surroundings): Promise<Row[]> {
  const trainee = await openTrainee(await modelOf("vit-b-32", say));
  say("accumulation: a step of 8 pairs, and one of 4 x 2");
  const whole = (await gradientBy(trainee, PAIRS, threads)).slice();
  await trainee.reset();
  const sum = await gradientBy(trainee, PAIRS / PARTS, threads);
  const measured = whole.reduce((most, value, i) => Math.max(most, Math.abs(value - itemAt(sum, i))), 0);
  const what = "largest difference of a gradient of 4 x 2 pairs to one of 8";
  return [
    {
      name: "accumulation",
      what,
      asked: "at most 1e-6",
      measured,
      unit: "of the gradient's length",
      holds: measured <= 1e-6,
      note: "of the gradient's length",
    },
  ];
}

/** The gradient of a first step, divided by its norm. It is read from expAvg, which after this step is the clipped gradient times 1 - beta1. */
async function gradientBy({ training, batches, feed }: Trainee, microBatchPairs: number, threads: number): Promise<Float32Array> {
  const stepper = await openStepper(training.state, training.trained, { ...ADAM_W, threads });
  const { gradientNorm } = await stepper.step(
    batches(drawPairs(LENGTHS.usual), microBatchPairs).map((batch) => feed(batch)),
    LEARNING_RATE,
  );
  await stepper.close();
  const { flat } = training.state.expAvg;
  const length = Math.min(1, gradientNorm) * (1 - ADAM_W.beta1);
  return flat.map((value) => value / length);
}
