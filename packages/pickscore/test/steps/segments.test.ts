import { describe, expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import type { StepperOptions } from "../../src/steps/stepper.ts";
import { distance, openTiny, tinyData, trainTiny } from "../tinyTraining.ts";

shareSessions();

/** With the first step from 0, and no clipping, this is a tenth of the gradient. */
async function firstMoments(part: string, options: StepperOptions & { size?: number }) {
  const data = await tinyData({ layers: 4 }); // The two in the middle share their sessions.
  const training = await openTiny(part, data);
  const recompute = options.recompute && training.model;
  const [loss] = await trainTiny(training, data, { ...options, ...(recompute && { recompute }) });
  return { loss: loss!, moments: training.state.expAvg.views };
}

const RECOMPUTE = { lean: true, recompute: {} as never };

describe.each(["all", "last:1", "last:3", "last:9", "head", "lora:2"])("gradients of %s", (part) => {
  let gradients: ReturnType<typeof firstMoments> | undefined;
  test.each([
    ["added up inside the graphs", { lean: true }],
    ["with activations computed again", RECOMPUTE],
    ["with activations computed again, in micro-batches", { ...RECOMPUTE, size: 2 }],
  ])("%s are those of the usual way within float noise", async (_how, options) => {
    gradients ??= firstMoments(part, {});
    const usual = await gradients;
    const other = await firstMoments(part, options);
    expect(Math.abs(other.loss - usual.loss)).toBeLessThan(1e-6);
    expect([...other.moments.keys()]).toEqual([...usual.moments.keys()]);
    const norm = Math.hypot(...[...usual.moments.values()].map((view) => distance(view, new Float32Array(view.length))));
    expect(norm).toBeGreaterThan(1e-3);
    for (const [name, view] of usual.moments) {
      const size = distance(view, new Float32Array(view.length));
      expect(distance(view, other.moments.get(name)!), name).toBeLessThan(1e-5 * size + 1e-8 * norm);
    }
  });
});
