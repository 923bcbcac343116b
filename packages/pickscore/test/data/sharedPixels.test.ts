import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSharedPixels, type SharedPixels } from "../../src/data/sharedPixels.ts";
import { temporaryFolder } from "../tinyClip.ts";

const image = (value: number) => new Uint8Array(12).fill(value);
const inNewFolder = () => {
  const folder = temporaryFolder();
  return { folder, file: join(folder, "pixels.bin") };
};

/** The pixels of an image, read into the second of two rows. */
function read(pixels: SharedPixels, uid: string): number[] {
  const target = new Uint8Array(24);
  pixels.copy(uid, target, 1);
  expect([...target.subarray(0, 12)]).toEqual([...new Uint8Array(12)]);
  return [...target.subarray(12)];
}

async function keepIn(file: string, values: Record<string, number>, preparation: unknown = "a"): Promise<void> {
  const pixels = await openSharedPixels(file, preparation, 12);
  for (const [uid, value] of Object.entries(values)) if (!pixels.has(uid)) pixels.add(uid, image(value));
  await pixels.keep();
  for (const [uid, value] of Object.entries(values)) expect(read(pixels, uid)).toEqual([...image(value)]);
  await pixels.close();
}

test("what was kept is there for the next, and reads the same before and after", async () => {
  const { file } = inNewFolder();
  await keepIn(file, { red: 7, blue: 3 });
  const pixels = await openSharedPixels(file, "a", 12);
  expect(["red", "blue", "green"].map(pixels.has)).toEqual([true, true, false]);
  expect([read(pixels, "blue"), read(pixels, "red")]).toEqual([[...image(3)], [...image(7)]]);
  expect(() => read(pixels, "green")).toThrow(/green/);
  await pixels.close();
});

test("images that the file lacks are added to those that it has", async () => {
  const { file } = inNewFolder();
  await keepIn(file, { red: 7 });
  await keepIn(file, { red: 7, blue: 3, green: 5 });
  await keepIn(file, { blue: 3, red: 7, green: 5 });
});

test("without keep nothing stays, and a file that lacks nothing is not written again", async () => {
  const { folder, file } = inNewFolder();
  const pixels = await openSharedPixels(file, "a", 12);
  pixels.add("red", image(1));
  expect(pixels.has("red")).toBe(true);
  expect(() => read(pixels, "red")).toThrow(/red was never kept/);
  await pixels.close();
  expect(readdirSync(folder)).toEqual([]);
  await keepIn(file, { red: 7 });
  const before = readFileSync(file);
  writeFileSync(file, before);
  const again = await openSharedPixels(file, "a", 12);
  truncateSync(file, 3); // A file that is written again would be whole.
  await again.keep();
  await again.close();
  expect([readdirSync(folder), readFileSync(file).length]).toEqual([["pixels.bin"], 3]);
});

test.each([
  ["other preparation", "b", (_file: string) => {}],
  ["a file that was cut in half", "a", (file: string) => truncateSync(file, 20)],
  ["a file with bytes after its end", "a", (file: string) => writeFileSync(file, Buffer.concat([readFileSync(file), image(0)]))],
  ["an empty file", "a", (file: string) => truncateSync(file, 0)],
] as const)("%s: nothing is taken, and the file is made anew", async (_what, preparation, spoil) => {
  const { file } = inNewFolder();
  await keepIn(file, { red: 7, blue: 3 });
  spoil(file);
  const pixels = await openSharedPixels(file, preparation, 12);
  expect(pixels.has("red")).toBe(false);
  await pixels.close();
  await keepIn(file, { red: 8 }, preparation);
});
