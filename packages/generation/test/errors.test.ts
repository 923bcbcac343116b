import { expect, test } from "vitest";
import { GenerationError } from "../src/index.ts";

test("a refused request says which field and what was expected", () => {
  const error = new GenerationError("PICKAPIC_REQUEST_INVALID", "steps", "expected a number");
  expect(error).toMatchObject({ name: "GenerationError", status: 400, exitCode: 1 });
  expect(error.message).toBe("Generation request, steps: expected a number.");
});

test.each([
  [new GenerationError("PICKAPIC_MODELS_NONE"), "No image generator is set up: add a backend that offers a model."],
  [new GenerationError("PICKAPIC_BEST_OF_COUNT", 100, 1.5), "Best of n: n must be a whole number from 1 to 100; got 1.5."],
  [
    new GenerationError("PICKAPIC_BEST_OF_SCORES", 3, "4 numbers"),
    "Best of n: the scorer gave 4 numbers for 3 images; expected one finite number for each.",
  ],
])("%s", ({ message }, expected) => {
  expect(message).toBe(expected);
});

test("numbers in a sentence are grouped as people read them", () => {
  expect(new GenerationError("PICKAPIC_PROMPT_TOO_LONG", 1000, 12345).message).toContain(
    "1,000 characters, and this one has 12,345",
  );
});
