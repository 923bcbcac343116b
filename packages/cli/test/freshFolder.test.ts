import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshFolders } from "../src/freshFolder.ts";
import { pickapic } from "./terminal.ts";

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "pickapic-fresh-"));
});
afterEach(() => rm(base, { recursive: true, force: true }));

test("a folder that holds something is refused with what is in it, and nothing is touched", async () => {
  for (const name of ["a", "b", "c", "d", "e", "f", "g"]) await writeFile(join(base, name), "");
  await expect(freshFolders([join(base, "none"), base])).rejects.toMatchObject({
    code: "PICKAPIC_CLI_FOLDER_FULL",
    exitCode: 2,
    message: expect.stringContaining("a, b, c, d, e, 2 more"),
  });
  expect(existsSync(join(base, "g"))).toBe(true);
});

test("a folder that is not there or empty is fresh, and --force empties one", async () => {
  const full = join(base, "full");
  await mkdir(full);
  await freshFolders([join(base, "none"), full]);
  await writeFile(join(full, "file"), "");
  await freshFolders([full], true);
  expect(existsSync(full)).toBe(false);
});

test.each([false, true])("a file in the place of a folder is refused and stays, with force %s, and no other folder is emptied", async (force) => {
  const [file, full] = [join(base, "notes.txt"), join(base, "full")];
  await writeFile(file, "mine");
  await mkdir(full);
  await writeFile(join(full, "run.json"), "");
  await expect(freshFolders([full, file].slice(force ? 0 : 1), force)).rejects.toMatchObject({
    exitCode: 2,
    message: `${file} is a file, and a folder is expected there: choose another place with --out.`,
  });
  await expect(freshFolders([join(file, "below", "it")], force)).rejects.toMatchObject({ exitCode: 2 });
  expect(existsSync(file)).toBe(true);
  expect(existsSync(join(full, "run.json"))).toBe(true);
}); // biome-ignore format: a title

test("a toy model that was stopped promises a saved run only where one is", async () => {
  const out = join(base, "toy");
  const pretrain = ["toy", "pretrain", "--pictures", "1000", "--out", out];
  await mkdir(out);
  const early = await pickapic(pretrain, { signal: AbortSignal.abort() });
  expect(early.err).toContain("Stopped. No step was made yet: start again with the same command and --force.");
  await mkdir(join(out, "looks"));
  await writeFile(join(out, "looks", "run.json"), "{}");
  const late = await pickapic([...pretrain, "--resume"], { signal: AbortSignal.abort() });
  expect(late.err).toContain(`Stopped. The run is saved in ${out}: go on with the same command and --resume.`);
});
