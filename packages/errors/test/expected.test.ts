import { expect, test } from "vitest";
import { z } from "zod";
import { expectedOf, firstFault, jsonOf, shown } from "../src/index.ts";

const object = z.strictObject({
  name: z.string().min(1).max(3).optional(),
  size: z.int().min(2).optional(),
  share: z.number().gt(0).lt(1).optional(),
  kind: z.enum(["left", "right", "tie"]).optional(),
  list: z.array(z.number()).min(1).max(2).optional(),
  on: z.stringbool().optional(),
  id: z.guid().optional(),
  at: z.iso.datetime().optional(),
  either: z.union([z.string(), z.strictObject({ url: z.url() })]).optional(),
  message: z
    .union([
      z.string(),
      z.object({
        role: z.literal("user"),
        parts: z.array(
          z.discriminatedUnion("type", [
            z.object({ type: z.literal("text"), text: z.string() }),
            z.object({ type: z.literal("image") }),
          ]),
        ),
      }),
      z.object({ role: z.literal("system"), parts: z.array(z.string()) }),
    ])
    .optional(),
  mine: z.union([z.string(), z.object({ a: z.object({ b: z.number() }) })], { error: "expected one of mine" }).optional(),
  own: z.string("a text of mine").optional(),
  told: z.string("expected my text; got what I know").optional(),
  form: z
    .string()
    .regex(/^[a-z]+$/)
    .optional(),
});

test.each([
  [5, "", "expected an object; got 5"],
  [undefined, "", "expected an object; got nothing"],
  [{ name: "" }, "name", 'expected a text that is not empty; got ""'],
  [{ name: "four" }, "name", 'expected a text of at most 3 characters; got "four"'],
  [{ size: 1.5 }, "size", "expected a whole number; got 1.5"],
  [{ size: Number.NaN }, "size", "expected a number; got NaN"],
  [{ size: 1 }, "size", "expected a number of at least 2; got 1"],
  [{ share: 0 }, "share", "expected a number above 0; got 0"],
  [{ share: 1 }, "share", "expected a number below 1; got 1"],
  [{ kind: "up" }, "kind", 'expected "left", "right" or "tie"; got "up"'],
  [{ list: [] }, "list", "expected at least 1 entry; got []"],
  [{ list: [1, 2, 3] }, "list", "expected at most 2 entries; got [1,2,3]"],
  [{ list: [1, "b"] }, "list.1", 'expected a number; got "b"'],
  [{ on: "maybe" }, "on", 'expected true or false; got "maybe"'],
  [{ id: "5" }, "id", 'expected an id (a UUID); got "5"'],
  [{ at: "today" }, "at", 'expected a time such as 2026-11-28T09:30:00Z; got "today"'],
  [{ either: 5 }, "either", "expected a text or an object; got 5"],
  [{ either: { url: "x" } }, "either.url", 'expected an address with its scheme, such as https://example.org; got "x"'],
  [{ message: 5 }, "message", "expected a text or an object; got 5"],
  [{ message: { role: "user", parts: [{ type: "text" }] } }, "message.parts.0.text", "expected a text; got nothing"],
  [{ message: { role: "user", parts: [{ type: "sound" }] } }, "message.parts.0.type", 'expected "text" or "image"; got "sound"'],
  [
    { message: { role: "nobody", parts: [] } },
    "message",
    'expected a text, "user" or "system"; got {"role":"nobody","parts":[]}',
  ],
  [{ mine: { a: { b: "x" } } }, "mine", 'expected one of mine; got {"a":{"b":"x"}}'],
  [{ own: 5 }, "own", "a text of mine; got 5"],
  [{ told: 5 }, "told", "expected my text; got what I know"],
  [{ form: "A1" }, "form", 'expected a text of the form /^[a-z]+$/; got "A1"'],
  [{ extra: 1, more: 2 }, "", 'expected no field "extra" or "more"'],
])("%j is refused in words", (value, path, sentence) => {
  const { error } = object.safeParse(value, { error: expectedOf });
  expect(firstFault(error?.issues ?? [], value)).toEqual({ path, sentence });
});

test("a field that must be there is told as a value", () => {
  const { error } = z.object({ state: z.unknown() }).safeParse({}, { error: expectedOf });
  expect(firstFault(error?.issues ?? [], {})).toEqual({ path: "state", sentence: "expected a value; got nothing" });
});

test("a long value is cut, and one that JSON cannot write is still shown", () => {
  expect(shown("x".repeat(100))).toBe(`"${"x".repeat(59)}…`);
  expect(shown({ n: 5n })).toBe('{"n":"5"}');
});

test("JSON is parsed, and what is no JSON is undefined, which a schema refuses", () => {
  expect(['{"a": [1, null]}', "null", "", "{a: 1}"].map(jsonOf)).toEqual([{ a: [1, null] }, null, undefined, undefined]);
  expect(object.safeParse(jsonOf("{")).success).toBe(false);
});
