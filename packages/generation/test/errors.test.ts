import { expect, test } from "vitest";
import { GenerationError } from "../src/index.ts";

test("a refused request says which field and what was expected", () => {
  const error = new GenerationError("PICKAPIC_REQUEST_INVALID", "steps", "expected a number");
  expect(error).toMatchObject({ name: "GenerationError", status: 400, exitCode: 1 });
  expect(error.message).toBe("Generation request, steps: expected a number.");
});

test("numbers in a sentence are grouped as people read them", () => {
  expect(new GenerationError("PICKAPIC_PROMPT_TOO_LONG", 1000, 12345).message).toContain(
    "1,000 characters, and this one has 12,345",
  );
});
