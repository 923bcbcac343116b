import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findImages } from "../src/images.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-images-"));
  await mkdir(join(folder, "deep"));
  for (const name of ["b.png", "a.JPG", "notes.txt", "deep/c.webp", "[odd] name.png"]) await writeFile(join(folder, name), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const found = async (...words: string[]) =>
  (await findImages(words.map((word) => join(folder, word)))).map((file) => file.slice(folder.length + 1));

test("a folder means the images in it and below it, in the order of their names", async () => {
  expect(await found(".")).toEqual(["[odd] name.png", "a.JPG", "b.png", "deep/c.webp"]);
});

test("a pattern means the images that match it", async () => {
  expect(await found("*.{png,txt}")).toEqual(["[odd] name.png", "b.png"]);
});

test("a file is taken as it is, even where its name looks like a pattern or is none of an image", async () => {
  expect(await found("[odd] name.png", "notes.txt")).toEqual(["[odd] name.png", "notes.txt"]);
});

test("a file that is meant twice is there once", async () => {
  expect(await found("b.png", "*.png")).toEqual(["b.png", "[odd] name.png"]);
});
