import { expect, test } from "vitest";
import { chooseRecipe, type RecipeFacts } from "../../src/settings/recipe.ts";
import { resolveSettings } from "../../src/settings/settings.ts";

const toy: RecipeFacts = {
  ...{ pairs: 420, winners: 365, prompts: 104, validationPairs: 40 },
  ...{ parameters: 1.75e6, imageWidth: 128, device: "cpu" },
};
const asked = resolveSettings({ dataset: "data", out: "run" });

test("a few hundred pairs train the projection of images, and the pairs themselves choose the step", () => {
  const { settings, chosen, reason } = chooseRecipe(asked, toy);
  expect(settings).toMatchObject({
    ...{ train: "image-head", steps: 100, batchPairs: 64, learningRate: 1e-3, warmupSteps: 20 },
    ...{ validateEvery: 10, validationSplit: "cross-fitted" },
  });
  expect(chosen).toContain("train");
  expect(reason).toBe(
    "--train auto chose image-head, 100 steps of 64 pairs at a learning rate of 0.001, the best step chosen by cross-fitting over prompts: for 420 pairs (365 winners, 104 prompts), a model of 1.8 million parameters and cpu.",
  );
});

test("many winners train all of a small model, and low-rank additions of a large one; a card bears a larger model", () => {
  const many = { ...toy, pairs: 12_600, winners: 11_000, prompts: 3000, validationPairs: 1500 };
  expect(chooseRecipe(asked, many).settings).toMatchObject({
    train: "all",
    learningRate: 2e-4,
    steps: 390,
    validationSplit: "validation",
  });
  const trained = (winners: number) => chooseRecipe(asked, { ...many, winners }).settings.train;
  expect([trained(3_499), trained(3_500)]).toEqual(["image-head", "all"]);
  const large = { ...many, parameters: 151e6, imageWidth: 768 };
  expect(chooseRecipe(asked, large).settings).toMatchObject({ train: "lora:8", learningRate: 1e-4 });
  expect(chooseRecipe(asked, { ...large, device: "cuda" }).settings).toMatchObject({ train: "all", learningRate: 1e-5 });
});

test("the rate of all parameters ends at the paper's for the paper's model, and a wider head learns more slowly", () => {
  const whole = chooseRecipe({ ...asked, train: "all" }, { ...toy, parameters: 986e6 });
  expect(whole.settings.learningRate).toBe(3e-6);
  expect(chooseRecipe(asked, { ...toy, imageWidth: 1280 }).settings.learningRate).toBe(1e-4);
});

test("what is given stays as it is, and a run in which everything is given has no reason to give", () => {
  const given = { train: "last:1", steps: 7, batchPairs: 3, learningRate: 0.5, warmupSteps: 0, validateEvery: 2 } as const;
  const { settings, chosen } = chooseRecipe({ ...asked, ...given }, toy);
  expect(settings).toMatchObject(given);
  expect(chosen).toEqual(["validationSplit"]);
  const all = { ...asked, ...given, validationSplit: "validation" } as const;
  expect(chooseRecipe(all, toy)).toEqual({ settings: all, chosen: [], reason: null });
});

test("one prompt, or ties alone, cannot choose by themselves: a split does", () => {
  expect(chooseRecipe(asked, { ...toy, prompts: 1 }).settings.validationSplit).toBe("validation");
  expect(chooseRecipe(asked, { ...toy, winners: 0, validationPairs: 0 }).settings.validationSplit).toBe("validation_unique");
});
