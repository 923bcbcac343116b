import { expect, test } from "vitest";
import { learnTokenizer } from "../../src/tokenizer/learnTokenizer.ts";
import { openTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { fixtureJson } from "../fixtures.ts";

const corpus = Array.from(
  { length: 200 },
  (_, i) => `A photo of ${["two", "three", "4"][i % 3]} ${["Cats", "dogs", "maps"][i % 3]} on the ${["moon", "mat"][i % 2]}`,
);
const files = learnTokenizer(corpus, 560, 16);
const vocab: Record<string, number> = JSON.parse(files.get("vocab.json")!);
const words = Object.fromEntries(Object.entries(vocab).map(([token, id]) => [id, token]));

const tokensOf = (text: string) => Array.from(openTokenizer(files, 16).encode([text]), (id) => words[Number(id)]!);

test("the vocabulary is bytes, bytes at the end of a word, merges, and the special tokens with the highest ids", () => {
  const size = Object.keys(vocab).length;
  expect(size).toBeLessThanOrEqual(560);
  expect([vocab["!"], vocab["!</w>"], vocab["<|startoftext|>"], vocab["<|endoftext|>"]]).toEqual([33, 289, size - 2, size - 1]);
  expect(Object.values(vocab).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
});

test("frequent words become one token each", () => {
  expect(tokensOf("Photo of cats on the moon").slice(0, 8)).toEqual([
    "<|startoftext|>",
    "photo</w>",
    "of</w>",
    "cats</w>",
    "on</w>",
    "the</w>",
    "moon</w>",
    "<|endoftext|>",
  ]);
});

test("the most frequent pair is merged first, and of equals the one first in order", () => {
  // ab: 3 times, then cd</w> and xy</w> twice each; zq is seen once and stays as it is.
  const learned = learnTokenizer(["ab ab ab xy xy cd cd zq"], 2000);
  expect(learned.get("merges.txt")).toBe("#version: 0.2\na b</w>\nc d</w>\nx y</w>\n");
});

test("merges build on merges, and a run of equal symbols is merged from the left", () => {
  expect(learnTokenizer(["aaaa aaaa"], 2000).get("merges.txt")).toBe("#version: 0.2\na a\na a</w>\naa aa</w>\n");
});

test("any text can be written with it, and read back from its bytes", () => {
  const { prompts } = fixtureJson<{ prompts: string[] }>("tokens.json.gz");
  const tokenizer = openTokenizer(files, 77);
  const known = new Set(Object.values(vocab).map(BigInt));
  expect(tokenizer.encode(prompts.slice(0, 300)).every((id) => known.has(id))).toBe(true);
  expect(tokensOf("zebra 🦓").join("").replaceAll("</w>", " ")).toContain("zebra ");
});

test("tokenizer.json gives the same ids as vocab.json and merges.txt", () => {
  const parts = new Map([...files].filter(([name]) => name !== "tokenizer.json"));
  const texts = ["", "three Maps on the mat!!!", "été 東京 🙂", "it's <|endoftext|>"];
  expect(openTokenizer(parts, 16).encode(texts)).toEqual(openTokenizer(files, 16).encode(texts));
});

test("the same corpus gives the same files, and too small a size is a mistake", () => {
  expect(learnTokenizer(corpus, 560, 16)).toEqual(files);
  expect(() => learnTokenizer(corpus, 513)).toThrow("size must be at least 514; got 513");
});
