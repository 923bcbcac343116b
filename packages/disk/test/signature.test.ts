import { expect, test } from "vitest";
import { placeholderOf, SIGNATURE_BYTES, signatureOf } from "../src/index.ts";

test.each([
  ["git-lfs-pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"],
  ["web-page", "<!DOCTYPE html>\n<html>"],
  ["web-page", "\xef\xbb\xbf\r\n <HTML lang=en>"],
  ["zip", "PK\x03\x04\x14"],
  ["ole", "\xd0\xcf\x11\xe0\xa1"],
  ["gzip", "\x1f\x8b\x08"],
  ["zstandard", "\x28\xb5\x2f\xfd\x24"],
  ["pdf", "%PDF-1.7"],
  ["parquet", "PAR1\x15"],
  ["arrow", "ARROW1\0\0"],
  ["gguf", "GGUF\x03"],
  ["hdf5", "\x89HDF\r\n"],
  [undefined, ""],
  [undefined, "prompt,image_a,image_b,choice\n<html>"],
  [undefined, "<svg xmlns='http://www.w3.org/2000/svg'/>"],
  [undefined, "<heading>"],
  [undefined, "version 1"],
])("%s is what begins with %j", (kind, text) => {
  expect(signatureOf(Buffer.from(text, "latin1"))).toBe(kind);
});

test("only the beginning counts", () => {
  expect(signatureOf(Buffer.from(`${" ".repeat(SIGNATURE_BYTES)}<html>`))).toBeUndefined();
});

test("a view of a larger buffer is looked at from its own start", () => {
  expect(signatureOf(Buffer.from("....GGUF").subarray(4))).toBe("gguf");
});

test("a placeholder says what to do; a file that is something by itself is none", () => {
  expect(placeholderOf(Buffer.from("version https://git-lfs.github.com/spec/v1"))).toContain("git lfs pull");
  expect(placeholderOf(Buffer.from("<html>"))).toContain("download the file");
  expect(placeholderOf(Buffer.from("PAR1"))).toBeUndefined();
});
