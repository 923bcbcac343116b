import { expect, test } from "vitest";
import { evidenceOf } from "../src/questions/evidence.ts";
import { meaningOfChoice, meaningOfPredicate, meaningOfScore } from "../src/questions/meaning.ts";

const choices = (...values: (string | boolean)[]) => values.map((value) => ({ value }));
const levels = (...labels: string[]) => labels.map((label) => ({ label }));

test.each([
  ["Which image do people prefer?", choices("image_1", "image_2"), [0, 1]],
  ["Which image is better for this prompt?", choices("B", "A"), [1, 0]],
  ["Which of the three pictures fits the caption best?", choices("0", "2", "1"), [0, 2, 1]],
  ["Which image would most users pick?", choices("left", "right"), [0, 1]],
  [
    "Which one is preferred overall?",
    [
      { value: "a.png", description: "Image 2" },
      { value: "b.png", description: "first image" },
    ],
    [1, 0],
  ],
])("%s asks which of these images is preferred", (text, values, images) => {
  expect(meaningOfChoice(text, values, 3)).toEqual({ kind: "which", images });
});

test.each([
  ["Which image shows a cat?", choices("1", "2")],
  ["Which image is worse?", choices("1", "2")],
  ["Which image do people prefer least?", choices("1", "2")],
  ["Which image has better hands?", choices("1", "2")],
  ["Which image is not preferred?", choices("1", "2")],
  ["Pick a random image.", choices("1", "2")],
  ["Which image do people prefer?", choices("cat", "dog")],
  ["Which image do people prefer?", choices("1", "2", "tie")],
  ["Which image do people prefer?", choices("1", "4")],
  ["Which image do people prefer?", choices("1", "image_1")],
  [
    "Which image do people prefer?",
    [
      { value: "1", description: "image 2" },
      { value: "2", description: "image 1" },
    ],
  ],
  ["Which image do people prefer?", [{ value: "1", description: "the one with the hat" }, { value: "2" }]],
  ["", choices("1", "2")],
])("a scorer cannot know: %s", (text, values) => {
  expect(meaningOfChoice(text, values, 3)).toBeNull();
});

test.each([
  ["People prefer image 1 to image 2.", 2, { kind: "better", winner: 0, loser: 1 }],
  ["Is the second image better than the first one?", 2, { kind: "better", winner: 1, loser: 0 }],
  ["Image B matches the prompt better than image A", 2, { kind: "better", winner: 1, loser: 0 }],
  ["Would people choose image 3 over image 1?", 3, { kind: "better", winner: 2, loser: 0 }],
  ["Image 2 is the best.", 3, { kind: "best", image: 1 }],
  ["Image 2 is preferred.", 2, { kind: "better", winner: 1, loser: 0 }],
  ["This image is better than a typical image.", 1, { kind: "aboveRandom", image: 0 }],
])("%s is a statement about preference", (text, count, meaning) => {
  expect(meaningOfPredicate(text, count)).toEqual(meaning);
});

test.each([
  ["Than image 1, image 2 is better.", 2],
  ["Compared with image 1, image 2 is better.", 2],
  ["Is image 1 or image 2 better?", 2],
  ["Image 1 is not better than image 2.", 2],
  ["People like image 1.", 2],
  ["Most people like image 1.", 2],
  ["Image 1 is as good as image 2.", 2],
  ["Image 1 is preferred.", 3],
  ["Image 1 is better than image 4.", 3],
  ["The image shows a red apple.", 1],
  ["People like this image.", 1],
  ["The image is safe for work.", 1],
])("%s is no statement that a scorer could judge", (text, count) => {
  expect(meaningOfPredicate(text, count)).toBeNull();
});

test.each([
  ["How much do people like this image?", levels("1", "2", "3", "4", "5"), 1, { kind: "rate", image: 0, levels: 5 }],
  ["Rate how good image 2 is.", levels("poor", "fair", "good", "excellent"), 2, { kind: "rate", image: 1, levels: 4 }],
  ["How much do people like this image?", levels("5", "1"), 1, null],
  ["How much do people like this image?", levels("sad", "happy"), 1, null],
  ["How sharp is this image?", levels("1", "2"), 1, null],
  ["How much do people like this image?", levels("1", "2"), 2, null],
])("%s on levels %j", (text, given, count, meaning) => {
  expect(meaningOfScore(text, given, count)).toEqual(meaning);
});

test("the prompt is the only text that labels no image", () => {
  const image = { bytes: new Uint8Array() };
  const prompt = (...pieces: Parameters<typeof evidenceOf>[0]) => evidenceOf(pieces).prompt;
  expect(prompt({ text: 'Prompt: "a cat"' }, { image }, { image })).toBe("a cat");
  expect(prompt({ text: "a cat" }, { text: "Image 1:" }, { image }, { text: "Image 2:" }, { image })).toBe("a cat");
  expect(prompt({ text: "a cat" }, { text: "Image 2:" }, { image }, { text: "Image 1:" }, { image })).toBeNull();
  expect(prompt({ text: "a cat" }, { text: "Image 1:" }, { image }, { image })).toBeNull();
  expect(prompt({ text: "a cat" }, { text: "a dog" }, { image })).toBeNull();
  expect(prompt({ image })).toBeNull();
  expect(prompt({ text: "a cat" }, null, { image })).toBeNull();
});
