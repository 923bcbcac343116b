import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openTableFile } from "../../src/tables/open.ts";
import { collect, keptFolder } from "../sample.ts";

/** Ways to write a text into a file; null where the file itself does not say which. */
const ENCODINGS: Readonly<Record<string, (text: string) => Uint8Array>> = {
  "utf-8": (text) => Buffer.from(text),
  "utf-8 with a mark": (text) => Buffer.from(`\ufeff${text}`),
  "utf-16le with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "utf-16be with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
  "utf-16le": (text) => Buffer.from(text, "utf16le"),
  "utf-16be": (text) => Buffer.from(text, "utf16le").swap16(),
};

/** Text of a cell: any letters of any script, separators, quotes and line ends; never a NUL, which no text holds. */
const cell = fc
  .string({ unit: fc.oneof(fc.constantFrom(",", ";", "\t", "|", '"', "\n", " ", "'", "a", "Z", "7"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })), maxLength: 12 })
  .map((text) => text.replaceAll(/[\0\r\ufeff]/g, "").trim()); // biome-ignore format: one thing after the other

/** Names as people give them; all differ. */
const names = fc.uniqueArray(fc.constantFrom("prompt", "Image A", "image_b", "größe", "id", "how; why", "x,y"), {
  minLength: 2,
  maxLength: 6,
});

const quoted = (text: string, always: boolean) =>
  always || /[",;\t|\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

test("any table comes back cell by cell with the line of each row, whatever its encoding, separator and line ends", async () => {
  const folder = await keptFolder();
  const file = join(folder, "table.csv");
  const table = names.chain((head) =>
    fc.record({
      head: fc.constant(head),
      rows: fc.array(fc.array(cell, { minLength: head.length, maxLength: head.length }), { minLength: 1, maxLength: 6 }),
    }),
  );
  const how = fc.record({
    encoding: fc.constantFrom(...Object.keys(ENCODINGS)),
    separator: fc.constantFrom(",", ";", "\t", "|", "^"),
    lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
    sepLine: fc.boolean(),
    quoteAll: fc.boolean(),
    endsWithLine: fc.boolean(),
    blankBefore: fc.nat({ max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      table,
      how,
      async ({ head, rows }, { encoding, separator, lineEnd, sepLine, quoteAll, endsWithLine, blankBefore }) => {
        const named = sepLine || separator === "^";
        const quoteHead = quoteAll || head.some((name) => /[",;\t|]/.test(name));
        const lines = [
          ...(named ? [`sep=${separator}`] : []),
          ...Array.from({ length: blankBefore }, () => ""),
          head.map((name) => quoted(name, quoteHead)).join(separator),
          ...rows.map((cells) => cells.map((each) => quoted(each, quoteAll || each.includes(separator))).join(separator)),
        ];
        const text = lines.join("\n") + (endsWithLine ? "\n" : "");
        await writeFile(file, ENCODINGS[encoding]!(text.replaceAll("\n", lineEnd)));

        let line = (named ? 1 : 0) + blankBefore + 2;
        const expected = rows.flatMap((cells) => {
          const from = line;
          line += 1 + cells.join("").split("\n").length - 1;
          const blank = cells.every((each) => each === "");
          return blank
            ? []
            : [{ where: `line ${from}`, values: Object.fromEntries(head.map((name, i) => [name, cells[i]])), problem: null }];
        });
        const reader = await openTableFile(file);
        const found = await collect(reader.rows());
        expect(found.map(({ where, values, problem }) => ({ where, values, problem }))).toEqual(expected);
        expect(found.map(({ row }) => row)).toEqual(found.map((_, i) => i + 1));
      },
    ),
    { numRuns: 300 },
  );
});

test("what JSON Lines, JSON and a list of columns hold comes back as it is, long integers included", async () => {
  const folder = await keptFolder();
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 62n }),
  );
  const rows = fc.array(fc.record({ prompt: value, image: value, id: value }), { minLength: 1, maxLength: 5 });
  const write = (each: Readonly<Record<string, unknown>>) =>
    `{${Object.entries(each).map(([name, cell]) => `${JSON.stringify(name)}:${typeof cell === "bigint" ? cell : JSON.stringify(cell)}`).join(",")}}`; // biome-ignore format: one line
  await fc.assert(
    fc.asyncProperty(rows, async (of) => {
      const texts = of.map(write);
      const files = {
        "a.jsonl": texts.join("\n\n"),
        "a.json": `[\n${texts.join(",\n")}\n]`,
        "b.json": `{"version": 1, "data": [${texts}]}`,
      };
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(folder, name), text);
        const found = await collect((await openTableFile(join(folder, name))).rows());
        expect(found.map(({ values }) => values)).toEqual(of);
      }
    }),
    { numRuns: 50 },
  );
});
