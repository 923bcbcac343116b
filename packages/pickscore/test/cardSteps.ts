/** @file Run by deviceStepper.test.ts with a software card as "webgpu": prints three steps of the golden run as JSON. */
import { openDeviceStepper } from "../src/steps/deviceStepper.ts";
import type { StepResult } from "../src/steps/stepper.ts";
import { goldenSteps, openGolden } from "./goldenRun.ts";

export interface CardSteps {
  results: StepResult[];
  parameters: Record<string, number[]>;
}

const golden = await openGolden();
const { state, trained } = golden.training;
const stepper = await openDeviceStepper(state, trained, golden.settings, { device: "webgpu", precision: "float32" });
const results = await goldenSteps(golden, stepper, 0, 3);
await stepper.fetch();
await stepper.close();
const parameters = Object.fromEntries([...state.parameters.views].map(([name, view]) => [name, [...view]]));
// A pipe is written behind the scenes: ended at once, the process would take the rest with it.
process.stdout.write(`${JSON.stringify({ results, parameters } satisfies CardSteps)}\n`, () => process.exit(0));
