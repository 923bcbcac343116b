import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshFolders } from "../src/freshFolder.ts";

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
