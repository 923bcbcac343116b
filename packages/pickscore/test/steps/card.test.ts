/** @file Steps and a whole training on a card, which is software here, beside the same on the processor. */
import { beforeAll, describe, expect, test } from "vitest";
import { CARD_NEEDED, onSoftwareCard, softwareCard } from "../../../../test/support/softwareCard.ts";
import { openDeviceStepper } from "../../src/steps/deviceStepper.ts";
import { type OnCard, trainTwoSteps } from "../cardProcess.ts";
import { distance, goldenSteps, openGolden } from "../goldenRun.ts";
import { temporaryFolder } from "../tinyClip.ts";

describe.skipIf(softwareCard === null)(`on a card (${CARD_NEEDED})`, () => {
  let card: OnCard;
  beforeAll(async () => {
    card = (await onSoftwareCard(new URL("../cardProcess.ts", import.meta.url))) as OnCard;
  }, 300_000);

  test("three steps are those of the processor", async () => {
    const golden = await openGolden();
    const { state, trained } = golden.training;
    const stepper = await openDeviceStepper(state, trained, golden.settings, { device: "cpu", precision: "float32" });
    const steps = await goldenSteps(golden, stepper, 0, 3);
    await stepper.fetch();
    await stepper.close();
    for (const [t, { loss, gradientNorm }] of steps.entries()) {
      expect(Math.abs(card.steps[t]!.loss / loss - 1), `loss of step ${t}`).toBeLessThan(1e-5);
      expect(Math.abs(card.steps[t]!.gradientNorm / gradientNorm - 1), `norm of step ${t}`).toBeLessThan(1e-4);
    }
    for (const [name, parameter] of state.parameters.views) {
      const update = distance(parameter, golden.start.get(name)!);
      expect(distance(Float32Array.from(card.parameters[name]!), parameter) / update, name).toBeLessThan(0.02);
    }
  });

  test("a whole run, validation and all, gives the processor's losses and accuracy", async () => {
    const { losses, accuracy } = await trainTwoSteps(temporaryFolder(), "cpu");
    expect(losses).toHaveLength(2);
    expect(card.training.losses).toEqual(losses.map((loss) => expect.closeTo(loss, 4) as number));
    expect(card.training.accuracy).toBeCloseTo(accuracy, 10);
  });
});
