import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodingOf, textOf } from "../../src/tables/encoding.ts";
import { collect, temporaryFolder } from "../sample.ts";

async function fileOf(bytes: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), "a.csv");
  await writeFile(file, bytes);
  return file;
}

const encoding = async (bytes: Uint8Array) => encodingOf(await fileOf(bytes), bytes.subarray(0, 1 << 16));
const TEXT = "prompt,image\nein Bär,1.png\n";

test.each<[string, Uint8Array, string, boolean]>([
  ["ASCII", Buffer.from("prompt,image\na,b\n"), "utf-8", false],
  ["UTF-8", Buffer.from(TEXT), "utf-8", false],
  ["UTF-8 with a mark", Buffer.from(`\ufeff${TEXT}`), "utf-8", false],
  ["UTF-16 with a mark", Buffer.from(`\ufeff${TEXT}`, "utf16le"), "utf-16le", false],
  ["UTF-16, high byte first, with a mark", Buffer.from(`\ufeff${TEXT}`, "utf16le").swap16(), "utf-16be", false],
  ["UTF-16 without a mark", Buffer.from(TEXT, "utf16le"), "utf-16le", true],
  ["UTF-16, high byte first, without a mark", Buffer.from(TEXT, "utf16le").swap16(), "utf-16be", true],
  ["UTF-16 of Chinese below an English head", Buffer.from(`prompt,image\n${"一只红色的狐狸,甲虫\n".repeat(20)}`, "utf16le"), "utf-16le", true],
  ["Windows-1252", Buffer.from(TEXT, "latin1"), "windows-1252", true],
])("%s is recognised; a guess is said", async (_what, bytes, name, guessed) => {
  const found = await encoding(bytes);
  expect({ name: found.name, guessed: found.note !== null }).toEqual({ name, guessed });
}); // biome-ignore format: a table

test("Windows-1252 has the euro and curly quotes where Latin-1 has control characters", async () => {
  const bytes = Uint8Array.of(0x93, 0x80, 0x94, 0x0a);
  const file = await fileOf(bytes);
  expect((await collect(textOf(file, await encodingOf(file, bytes)))).join("")).toBe("“€”\n");
});

test("a line that is not UTF-8 far behind the first 64 KiB is found", async () => {
  const bytes = Buffer.concat([Buffer.from("a,b\n".repeat(50_000)), Buffer.from("gr\xf6\xdfe,b\n", "latin1")]);
  expect(await encoding(bytes)).toMatchObject({ name: "windows-1252", note: expect.stringContaining("line 50001 is not UTF-8") });
});

test("a file with lines of both kinds is refused: one reading would be wrong somewhere", async () => {
  const bytes = Buffer.concat([Buffer.from("a,b\n狐狸,1.png\n"), Buffer.from("gr\xf6\xdfe,b\n", "latin1")]);
  await expect(encoding(bytes)).rejects.toThrow(/a\.csv: line 3 is not UTF-8, although other lines are: save the table again/);
});

test.each<[string, Uint8Array, RegExp]>([
  ["UTF-32", Uint8Array.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), /it is UTF-32: save the table as UTF-8/],
  ["bytes that are no text", Uint8Array.from({ length: 400 }, (_, i) => i % 7), /its bytes are no text/],
])("%s is refused", async (_what, bytes, sentence) => {
  await expect(encoding(bytes)).rejects.toThrow(sentence);
});

test("line ends are line feeds, also where one is cut in two by the pieces in which a file is read", async () => {
  const half = "x".repeat((1 << 16) - 1);
  const file = await fileOf(Buffer.from(`${half}\r\ny\rz\r\n`));
  expect((await collect(textOf(file, { name: "utf-8", note: null }))).join("")).toBe(`${half}\ny\nz\n`);
});

test("a line of many megabytes is recognised in pieces, with letters of several bytes at every cut", async () => {
  // 3 bytes at a time, so that chunks of 64 KiB end within a letter.
  const long = `${"一".repeat(1_000_000)},`;
  expect((await encoding(Buffer.from(`["${long}"]`))).name).toBe("utf-8");
  const mixed = Buffer.concat([Buffer.from(`first\n${long}\nthird `), Buffer.of(0xe9, 0x20)]);
  await expect(encoding(mixed)).rejects.toThrow("line 3 is not UTF-8, although other lines are");
});
