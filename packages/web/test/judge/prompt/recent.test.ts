import { expect, test } from "vitest";
import { forgetRecent, readRecent, rememberRecent, withRecent } from "../../../src/judge/prompt/recent.ts";

test("recent prompts: latest first, none twice, only one's own, at most a dozen, and broken storage does no harm", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  for (let index = 0; index < 20; index++) rememberRecent({ prompt: `p${index % 15}`, round: `${index}`, owner: "ada" }, storage);
  rememberRecent({ prompt: "hers", round: "x", owner: "grace" }, storage);
  const mine = readRecent("ada", storage);
  expect(mine[0]).toEqual({ prompt: "p4", round: "19", owner: "ada" });
  expect(new Set(mine.map(({ prompt }) => prompt)).size).toBe(mine.length);
  expect(mine).toHaveLength(11);
  forgetRecent("19", storage);
  expect(readRecent("ada", storage)).toEqual(mine.slice(1));
  expect(readRecent("ada", { getItem: () => "{broken" })).toEqual([]);
  expect(withRecent([], mine[0]!)).toHaveLength(1);
});

test.each([
  ["nothing", null],
  ["no list", '{"prompt":"p","round":"r","owner":"ada"}'],
  ["a prompt that is a number", '[{"prompt":1,"round":"r","owner":"ada"}]'],
  ["no round", '[{"prompt":"p","owner":"ada"}]'],
  ["no owner", '[{"prompt":"p","round":"r"}]'],
])("where %s is stored there are no recent prompts", (_what, text) => {
  expect(readRecent("ada", { getItem: () => text })).toEqual([]);
});

test("what is stored beside a prompt in another shape is passed over", () => {
  const mine = { prompt: "p", round: "r", owner: "ada" };
  expect(readRecent("ada", { getItem: () => JSON.stringify([null, 1, mine]) })).toEqual([mine]);
  const { owner: _owner, ...nobodys } = mine;
  const stored: string[] = [];
  const storage = { getItem: () => JSON.stringify([nobodys]), setItem: (_key: string, text: string) => void stored.push(text) };
  rememberRecent(mine, storage);
  expect(JSON.parse(stored[0] ?? "")).toEqual([mine]);
});

test("the same words of another person are another prompt, and a full storage loses only the list", () => {
  const mine = { prompt: "p", round: "1", owner: "ada" };
  const hers = { prompt: "p", round: "2", owner: "grace" };
  expect(withRecent([mine], hers)).toEqual([hers, mine]);
  const again = { ...mine, round: "3" };
  expect(withRecent([mine, hers], again)).toEqual([again, hers]);
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error("QuotaExceededError");
    },
  };
  expect(() => rememberRecent(mine, full)).not.toThrow();
});
