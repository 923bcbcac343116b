import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checksumOf, checksumOfText, formatChecksums, parseChecksums } from "../../src/write/checksums.ts";
import { checksumsBeside } from "../../src/write/checksumThread.ts";
import { temporaryFolder } from "../sample.ts";

/** SHA-256 of "abc", FIPS 180-4, appendix B.1. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

test("a file and a text have the checksum of the standard", async () => {
  const path = join(await temporaryFolder(), "abc");
  await writeFile(path, "abc");
  expect(await checksumOf(path)).toBe(ABC);
  expect(checksumOfText("abc")).toBe(ABC);
});

test("the list is that of sha256sum, in the order of the paths, and reads back", () => {
  const sums = new Map([
    ["data/b.parquet", ABC],
    ["README.md", ABC],
  ]);
  expect(formatChecksums(sums)).toBe(`${ABC}  README.md\n${ABC}  data/b.parquet\n`);
  expect(parseChecksums(formatChecksums(sums))).toEqual(sums);
  expect(parseChecksums(`# a comment\n${ABC} *binary file\n\n`)).toEqual(new Map([["binary file", ABC]]));
});

test.each([0, 1, 1 << 20, (1 << 21) + 5])(
  "the checksum of a file of %i bytes is that of its bytes, however they are read",
  async (length) => {
    const path = join(await temporaryFolder(), "file");
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 20)) & 255);
    await writeFile(path, bytes);
    expect(await checksumOf(path)).toBe(createHash("sha256").update(bytes).digest("hex"));
  },
);

test("checksums of a thread are those of the caller's, a file that is missing has none, and an abort ends the thread", async () => {
  const folder = await temporaryFolder();
  const paths = ["abc", "missing", "empty"].map((name) => join(folder, name));
  await writeFile(join(folder, "abc"), "abc");
  await writeFile(join(folder, "empty"), "");
  const expected = [ABC, undefined, checksumOfText("")];
  expect(await checksumsBeside(paths, { threadFrom: 0 })).toEqual(expected);
  expect(await checksumsBeside(paths)).toEqual(expected);
  const controller = new AbortController();
  const stopped = checksumsBeside(paths, { threadFrom: 0, signal: controller.signal });
  controller.abort(new Error("stopped"));
  await expect(stopped).rejects.toThrow("stopped");
});
