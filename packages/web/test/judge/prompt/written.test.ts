import { DEFAULT_NEGATIVE_PROMPT } from "@pickapic/server/api";
import { expect, test } from "vitest";
import { ownNegativePrompt, writtenPrompt } from "../../../src/judge/prompt/written.ts";

test("a prompt is edited as it was written: with its own negative prompt, without the default one", () => {
  expect(writtenPrompt({ prompt: "a cat", negativePrompt: DEFAULT_NEGATIVE_PROMPT })).toBe("a cat");
  expect(writtenPrompt({ prompt: "a cat", negativePrompt: "" })).toBe("a cat");
  expect(writtenPrompt({ prompt: "a cat", negativePrompt: "rain, fog" })).toBe("a cat [rain, fog]");
  expect(ownNegativePrompt({ prompt: "a cat", negativePrompt: DEFAULT_NEGATIVE_PROMPT })).toBeNull();
  expect(ownNegativePrompt({ prompt: "a cat", negativePrompt: "rain" })).toBe("rain");
});
