import { BEST_OF_IMAGES } from "@pickapic/server/api";
import { expect, test } from "vitest";
import { PICTURES, sentenceAbout } from "../../src/bestOf/words.ts";

const image = { url: "/api/images/a", width: 1, height: 1, score: 1, prompt: "a", seed: 1, guidanceScale: 1, steps: 1 };
const SENTENCES = [
  ["waiting", 0, 0, "Waiting: pictures for people who judge are painted first."],
  ["running", 2, 0, "2 of 8 painted and scored."],
  ["running", 2, 1, "2 of 8 painted and scored. 1 picture could not be made."],
  ["stopped", 0, 0, "Stopped before a picture was there."],
  ["stopped", 3, 0, "Stopped: the best of 3."],
  ["failed", 0, 8, "None of the pictures could be made. Please try again in a moment."],
  ["done", 6, 2, "Done: the best of 6. 2 pictures could not be made."],
] as const;

test.each(SENTENCES)("%s with %i pictures, of which %i failed", (state, made, failed, sentence) => {
  expect(sentenceAbout({ state, failed, n: 8, images: Array.from({ length: made }, () => image) })).toBe(sentence);
});

test("the limits of the form are the server's", () => {
  expect(PICTURES).toEqual(BEST_OF_IMAGES);
});
