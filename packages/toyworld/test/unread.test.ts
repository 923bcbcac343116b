import { seeded } from "@pickapic/chance";
import { GENERATION_DEFAULT_NEGATIVE_PROMPT } from "@pickapic/generation";
import { expect, test } from "vitest";
import { sampleCaption } from "../src/caption.ts";
import { renderImage } from "../src/rendering/render.ts";
import { unreadSentences } from "../src/unread.ts";

test.each([
  ["two red apples left of the cat on a blue background", []],
  ["a fox with a unicycle in Paris", ["The toy world does not know “unicycle” and “paris”."]],
  [
    "democracy and quantum gravity",
    [
      "The toy world knows none of the things in this prompt, so it draws things of its own choice.",
      "The toy world does not know “democracy”, “quantum” and “gravity”.",
    ],
  ],
  [
    "一只红色的狐狸",
    [
      "The toy world knows none of the things in this prompt, so it draws things of its own choice.",
      "The toy world does not know “一只红色的狐狸”.",
    ],
  ],
  ["a cat, a dog, a horse and a cat", ["The toy world draws two kinds of things at most, and leaves out “horse”."]],
  ["a cat qa qb qc qd qe qf qg qa", ["The toy world does not know “qa”, “qb”, “qc”, “qd”, “qe” and 2 more words."]],
  ["a cat qa qb qc qd qe qf", ["The toy world does not know “qa”, “qb”, “qc”, “qd”, “qe” and 1 more word."]],
  [`a cat ${"x".repeat(600)}`, [`The toy world does not know “${"x".repeat(24)}…”.`]],
])("what the toy world leaves out of %j is said", (prompt, sentences) => {
  expect(unreadSentences(prompt)).toEqual(sentences);
});

test("captions of the grammar are drawn whole", () => {
  const random = seeded("captions without warnings");
  const captions = Array.from({ length: 300 }, () => sampleCaption(random));
  expect(captions.filter((caption) => unreadSentences(caption).length > 0)).toEqual([]);
});

test("the sentences come with the picture", async () => {
  const request = { model: "toy-xl", seed: 1, guidanceScale: 7, steps: 40, width: 64, height: 64 };
  const negativePrompt = GENERATION_DEFAULT_NEGATIVE_PROMPT;
  const { warnings } = await renderImage({ ...request, prompt: "a cat in Paris", negativePrompt });
  expect(warnings).toContain("The toy world does not know “paris”.");
});
