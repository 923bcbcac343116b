import { describe, expect, test } from "vitest";
import { CATEGORIES, type CategoryName } from "../../src/measure/categories.ts";
import type { JudgedPair } from "../../src/measure/pairs.ts";
import { type Answer, pairKey } from "../../src/measure/people.ts";
import { subjectOf } from "../../src/measure/subjects.ts";

function pair(rankingId: number, caption: string, [a, b]: [string, string], guidance: (number | null)[] = [7, 7]): JudgedPair {
  const image = (uid: string, model: string, guidanceScale: number | null = null) => ({ uid, model, guidanceScale });
  return {
    ...{ rankingId: BigInt(rankingId), person: "1", caption, label: 0, probabilities: [] },
    image0: image("u", a, guidance[0]),
    image1: image("v", b, guidance[1]),
  };
}

const answer = (person: string, label: Answer["label"]): Answer => ({ rankingId: 1n, person, prompt: "", label, time: 0n });
const none = { times: new Map(), answers: new Map() };
const categoriesOf = (by: CategoryName, pairs: readonly JudgedPair[], facts = none) => CATEGORIES[by](pairs, facts);

describe("categories", () => {
  test("by models: the pair of models in either order, the commonest first", () => {
    const pairs = [pair(1, "", ["x", "x"]), pair(2, "", ["b", "a"]), pair(3, "", ["a", "b"])];
    expect(categoriesOf("models", pairs)).toEqual({
      categories: ["x and x", "a and b", "a and b"],
      order: ["a and b", "x and x"],
    });
  });

  test.each<[CategoryName, JudgedPair, string]>([
    ["length", pair(1, " one  two three four five ", ["", ""]), "1 to 5 words"],
    ["length", pair(1, "a b c d e f", ["", ""]), "6 to 10 words"],
    ["length", pair(1, "w ".repeat(21), ["", ""]), "over 20 words"],
    ["guidance", pair(1, "", ["", ""], [3, 4.9]), "difference under 2"],
    ["guidance", pair(1, "", ["", ""], [9, 7]), "difference 2 to 4"],
    ["guidance", pair(1, "", ["", ""], [3, 12]), "difference over 4"],
    ["guidance", pair(1, "", ["", ""], [3, null]), "not recorded"],
    ["agreement", pair(1, "", ["", ""]), "one answer"],
    ["subject", pair(1, "Two foxes in a castle", ["", ""]), "buildings"],
  ])("by %s", (by, one, category) => {
    const { categories, order } = categoriesOf(by, [one]);
    expect(categories).toEqual([category]);
    expect(order).toContain(category);
  });

  test("by agreement: how many of all who judged the pair give the commonest answer", () => {
    const clarity = (...labels: Answer["label"][]) => {
      const answers = new Map([[pairKey("p", "v", "u"), labels.map((label, i) => answer(`${i}`, label))]]);
      return categoriesOf("agreement", [pair(1, "p", ["", ""])], { ...none, answers }).categories[0];
    };
    expect([clarity(0, 0), clarity(0, 0, 1), clarity(0, 1), clarity(0, 1, "tie"), clarity("tie", "tie", "tie", 1)]).toEqual([
      "all agree",
      "a majority agrees",
      "no majority",
      "no majority",
      "three quarters agree",
    ]);
  });

  test("by time: days, or months and years where those are too many", () => {
    const over = (days: number) => {
      const ids = Array.from({ length: 15 }, (_, i) => i);
      const times = new Map(ids.map((i) => [BigInt(i), new Date(Date.UTC(2023, 0, 1 + i * days))]));
      return categoriesOf(
        "time",
        ids.map((i) => pair(i, "", ["", ""])),
        { ...none, times },
      ).order;
    };
    expect(over(0)).toEqual(["2023-01-01"]);
    expect(over(5)).toEqual(["2023-01", "2023-02", "2023-03"]);
    expect(over(40)).toEqual(["2023", "2024"]);
  });
});

test("the subject of a prompt is the first of the table that a word tells, in singular or plural", () => {
  expect(["a PORTRAIT of a cat", "three Cats", "a logo", "it", "", "l'été à la plage"].map(subjectOf)).toEqual([
    "people",
    "animals",
    "text and design",
    "other",
    "other",
    "other",
  ]);
});
