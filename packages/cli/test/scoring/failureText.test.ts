import { expect, test } from "vitest";
import { failureLines, repeatedSentence } from "../../src/scoring/failureText.ts";

test.each([
  [1, "judge: 1 call failed, and its images were asked for again, one at a time. The first reason: it answered status 503."],
  [
    1200,
    "judge: 1,200 calls failed, and their images were asked for again, one at a time. The first reason: it answered status 503.",
  ],
])("%i repeated calls are one sentence and the reason", (calls, sentence) => {
  expect(repeatedSentence({ scorer: "judge", calls, reason: "it answered status 503." })).toBe(sentence);
});

test("a scorer that failed is named with what was left out for it and its first images", () => {
  const first = [{ uid: "u1", caption: "a cat", reason: "the score is NaN" }];
  expect(failureLines([{ scorer: "judge", images: 1, first }], 2)).toEqual([
    "judge gave no score to 1 image; 2 rankings with such images were left out for all scorers.",
    '  image u1 of "a cat": the score is NaN',
  ]);
});
