import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findImages } from "../src/images.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-images-"));
  await mkdir(join(folder, "deep"));
  await mkdir(join(folder, "folder.png"));
  for (const name of ["b.png", "a.JPG", "notes.txt", "deep/c.webp", "[odd] name.png", "folder.png/d.png"])
    await writeFile(join(folder, name), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const found = async (...words: string[]) =>
  (await findImages(words.map((word) => join(folder, word)))).files.map((file) => file.slice(folder.length + 1));

test("a folder means the images in it and below it, in the order of their names", async () => {
  expect(await found(".")).toEqual(["[odd] name.png", "a.JPG", "b.png", "deep/c.webp", "folder.png/d.png"]);
});

test("a pattern means the images that match it", async () => {
  expect(await found("*.{png,txt}")).toEqual(["[odd] name.png", "b.png", "folder.png/d.png"]);
  expect(await found("**/*.webp", "[a]*")).toEqual(["deep/c.webp", "a.JPG"]);
});

test("a folder that is called like an image is looked into, by its name and by a pattern", async () => {
  expect(await found("folder.png")).toEqual(["folder.png/d.png"]);
  expect(await found("folder*")).toEqual(["folder.png/d.png"]);
});

test("a pipe that is called like an image is passed over, because to read it would wait for ever", async () => {
  await mkdir(join(folder, "pipes"));
  execFileSync("mkfifo", [join(folder, "pipes", "p.png")]);
  await writeFile(join(folder, "pipes", "q.png"), "");
  expect(await found("pipes")).toEqual(["pipes/q.png"]);
  expect(await found("pipes/*")).toEqual(["pipes/q.png"]);
  await rm(join(folder, "pipes"), { recursive: true });
});

test("a relative pattern gives relative paths, as a shell does", async () => {
  const pattern = relative(process.cwd(), join(folder, "*.JPG"));
  expect((await findImages([pattern])).files).toEqual([pattern.replace("*.JPG", "a.JPG")]);
});

test("a file is taken as it is, even where its name looks like a pattern or is none of an image", async () => {
  expect(await found("[odd] name.png", "notes.txt")).toEqual(["[odd] name.png", "notes.txt"]);
});

test("a file that is meant twice is there once", async () => {
  expect(await found("b.png", "*.png")).toEqual(["b.png", "[odd] name.png", "folder.png/d.png"]);
  expect((await findImages([join(folder, "b.png"), `${folder}/deep/../b.png`])).files).toEqual([join(folder, "b.png")]);
});

test("what is passed over is counted over all words, and told where nothing is left", async () => {
  const { passedOver } = await findImages([join(folder, "."), join(folder, "*.txt")]);
  expect(passedOver).toEqual({ files: 2, kinds: { ".txt": 2 } });
  await mkdir(join(folder, "texts"));
  await writeFile(join(folder, "texts", "a.txt"), "");
  await expect(findImages([join(folder, "texts")])).rejects.toThrow(
    /No image was found in .*texts \(1 file passed over \(\.txt 1\)\): name image files/,
  );
  await rm(join(folder, "texts"), { recursive: true });
});
