import fc from "fast-check";
import { expect, test } from "vitest";
import { COLUMNS, columnsOf, dateOf, labelColumns, nanosecondsOf, SPLITS, UNRECORDED } from "../src/row.ts";

/** From the dataset card of yuvalkirstain/pickapic_v1. */
const ORIGINAL = `are_different bool, best_image_uid string, caption string, created_at timestamp[ns], has_label bool, image_0_uid string,
  image_0_url string, image_1_uid string, image_1_url string, jpg_0 binary, jpg_1 binary, label_0 float64, label_1 float64, model_0 string,
  model_1 string, ranking_id int64, user_id int64, num_example_per_prompt int64, __index_level_0__ int64`;

test("the first columns are those of the original in name, order and type, and the rest is ours", () => {
  const columns = COLUMNS.map(({ name, type }) => `${name} ${type}`);
  expect(columns.slice(0, 19)).toEqual(ORIGINAL.split(/,\s+/));
  expect(COLUMNS.slice(19).every(({ kind }) => kind === "further")).toBe(true);
  expect(COLUMNS.slice(0, 19).some(({ kind }) => kind === "further")).toBe(false);
});

test("the variant without images lacks jpg_0 and jpg_1 and nothing else", () => {
  const without = columnsOf(false).map(({ name }) => name);
  expect(
    columnsOf(true)
      .map(({ name }) => name)
      .filter((name) => !without.includes(name)),
  ).toEqual(["jpg_0", "jpg_1"]);
});

test("there are five splits", () => {
  expect(SPLITS).toEqual(["train", "validation", "test", "validation_unique", "test_unique"]);
});

test.each([
  [0, { best_image_uid: "a", has_label: true, label_0: 1, label_1: 0 }],
  [1, { best_image_uid: "b", has_label: true, label_0: 0, label_1: 1 }],
  ["tie", { best_image_uid: "none", has_label: false, label_0: 0.5, label_1: 0.5 }],
] as const)("the choice %s is written as the original writes it", (choice, expected) => {
  expect(labelColumns(choice, "a", "b")).toEqual(expected);
});

test("a date survives the way to nanoseconds and back", () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date("1700-01-01"), max: new Date("2200-01-01") }), (date) => {
      expect(dateOf(nanosecondsOf(date))).toEqual(date);
    }),
  );
});

test("what nobody recorded is null in every further column", () => {
  expect(Object.keys(UNRECORDED)).toEqual(COLUMNS.slice(19).map(({ name }) => name));
  expect(new Set(Object.values(UNRECORDED))).toEqual(new Set([null]));
});
