import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { locatePicture } from "../../src/tables/paths.ts";
import { temporaryFolder } from "../sample.ts";

async function scenery() {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "imgs", "deep"), { recursive: true });
  for (const name of ["imgs/p0.png", "imgs/deep/a b.png", "imgs/Ka\u0308fer.png", "back\\slash.png"])
    await writeFile(join(folder, name), "x");
  return { folder, table: join(folder, "pairs.csv") };
}

test.each<[written: string, found: string]>([
  ["imgs/p0.png", "imgs/p0.png"],
  ["  ./imgs/p0.png ", "imgs/p0.png"],
  ["imgs\\p0.png", "imgs/p0.png"],
  [".\\imgs\\deep\\a b.png", "imgs/deep/a b.png"],
  ["back\\slash.png", "back\\slash.png"],
  ["imgs/K\u00e4fer.png", "imgs/Ka\u0308fer.png"],
])("%j is found", async (written, found) => {
  const { folder, table } = await scenery();
  expect(await locatePicture(written, table)).toEqual({ path: join(folder, found) });
});

test("an address of a file and an absolute path are found", async () => {
  const { folder, table } = await scenery();
  const path = join(folder, "imgs/deep/a b.png");
  expect(await locatePicture(pathToFileURL(path).href, table)).toEqual({ path });
  expect(await locatePicture(path, table)).toEqual({ path });
  expect(await locatePicture("file://imgs/p0.png", table)).toEqual({ path: join(folder, "imgs/p0.png") });
});

test("what is not beside the table is looked for in the working folder", async () => {
  const { table } = await scenery();
  expect(await locatePicture("package.json", table)).toEqual({ path: join(process.cwd(), "package.json") });
});

test.each<[written: string, problem: RegExp]>([
  ["imgs/nope.png", /^expected an image at imgs\/nope\.png; there is no such file beside pairs\.csv$/],
  ["imgs\\nope.png", /^expected an image at imgs\\nope\.png; there is no such file beside pairs\.csv, nor at imgs\/nope\.png$/],
  [
    "file:///no/where.png",
    /^expected an image at file:\/\/\/no\/where\.png; there is no such file beside pairs\.csv, nor at \/no\/where\.png$/,
  ],
  ["imgs", /^expected an image at imgs; that is a folder$/],
  ["/dev/null", /; that is no file$/],
  ["https://example.org/a.png", /addresses are not fetched: download it/],
  ["s3://bucket/a.png", /addresses are not fetched/],
  ["  ", /^the path of an image is empty$/],
  ["imgs/p0.png/x.png", /there is no such file/],
  ["x".repeat(300), /there is no such file/],
])("%j is told as missing, with all that was tried", async (written, problem) => {
  const { table } = await scenery();
  expect(await locatePicture(written, table)).toMatchObject({ problem: expect.stringMatching(problem) });
});
