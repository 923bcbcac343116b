import { expect, test } from "vitest";
import type { AskedSettings } from "../../src/index.ts";
import { resolveSettings, SETTINGS } from "../../src/settings/settings.ts";

const least = { dataset: "data", out: "run" };

test("defaults are filled in, and what is given is kept", () => {
  const settings = resolveSettings({ ...least, steps: 7 });
  expect(settings).toMatchObject({ dataset: "data", out: "run", steps: 7, seed: 42, weightDecay: 0.3, clipNorm: 1 });
});

test("every default but the two paths is inside its own range", () => {
  for (const [name, setting] of Object.entries(SETTINGS)) {
    if (name !== "dataset" && name !== "out") expect(setting.allows(setting.default), name).toBe(true);
  }
});

test("a key that does not exist is an error that lists those that do", () => {
  const given = { ...least, learning_rate: 1 } as Partial<AskedSettings>;
  expect(() => resolveSettings(given)).toThrow(/no setting "learning_rate".*learningRate/);
});

test("a value outside its range is an error that says what was expected and what came", () => {
  expect(() => resolveSettings({ ...least, steps: 0 })).toThrow('"steps" must be auto, or a whole number of at least 1; got 0');
  expect(() => resolveSettings({ ...least, learningRate: Number.NaN })).toThrow(
    /"learningRate" must be auto, or a number from 0 to 1/,
  );
  expect(() => resolveSettings({ out: "run" })).toThrow(/"dataset" must be a non-empty text/);
});
