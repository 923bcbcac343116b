/** @file What the fields of an entry of models.yaml may be, at the ends of their ranges. */
import { expect, test } from "vitest";
import { Entry } from "../../src/models/entry.ts";

test.each([
  ["a guidance scale alone is a range of one", { guidance: 7 }, { guidance: [7, 7] }],
  ["a range may have equal ends", { guidance: [5, 5] }, { guidance: [5, 5] }],
  ["a range may reach from 0 to 100", { guidance: [0, 100] }, { guidance: [0, 100] }],
  ["the smallest size", { size: "16x16" }, { size: { width: 16, height: 16 } }],
  ["the largest size", { size: "4096x4096" }, { size: { width: 4096, height: 4096 } }],
  ["a number alone is that of the best of", { ranked: 8 }, { ranked: { n: 8 } }],
  ["the fields of a best of", { ranked: { n: 4, scorer: "mine" } }, { ranked: { n: 4, scorer: "mine" } }],
])("%s", (_what, fields, read) => expect(Entry.parse(fields)).toEqual(read));

test.each(["15x64", "64x15", "4097x64", "64x4097", "15x4097", "9999x9999", "64", "64x", "64x64px", "8x64", "00064x64", "64x00064"])(
  "the size %s is refused, and told what it may be",
  (size) => {
    const { error } = Entry.safeParse({ size });
    expect(error?.issues.map(({ message }) => message)).toEqual([
      `expected width x height in px, 16 ... 4096 each, such as 1024x1024; got "${size}"`,
    ]);
  },
);

test("a range upside down is refused", () => expect(Entry.safeParse({ guidance: [9, 3] }).success).toBe(false));
