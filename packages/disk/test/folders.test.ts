import { mkdir, mkdtemp, rm, statfs, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freeBytes, isDiskFull, isSameFolder, makeFolder, writeWholeFile } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-disk-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a folder is made with those above it, by many at the same moment, and again", async () => {
  const path = join(folder, "a/b/c");
  await Promise.all(Array.from({ length: 10 }, () => makeFolder(path)));
  await makeFolder(path);
  expect(await isSameFolder(path, join(folder, "a/./b/c"))).toBe(true);
});

test("a file in the way of a folder is an error that names it", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST", path: join(folder, "file") });
  await expect(makeFolder(join(folder, "file/below"))).rejects.toMatchObject({ code: "ENOTDIR" });
  await expect(makeFolder(join(folder, "new", "x".repeat(300)))).rejects.toMatchObject({ code: "ENAMETOOLONG" });
});

test.runIf(process.platform === "linux")("a folder that takes no entries is named, instead of trying for ever", async () => {
  await expect(makeFolder("/proc/x/y")).rejects.toMatchObject({
    code: "EROFS",
    path: "/proc",
    message: "EROFS: no entries can be made in '/proc'",
    cause: expect.objectContaining({ code: "ENOENT" }),
  });
  await expect(writeWholeFile("/proc/x/y/file", "")).rejects.toMatchObject({ code: "EROFS", path: "/proc" });
  await expect(writeWholeFile("/proc/file", "")).rejects.toMatchObject({ code: "EROFS", path: "/proc" });
});

test("the room of a folder that is not there yet is that of the disk it will be on", async () => {
  expect(await freeBytes(join(folder, "not/yet"))).toBeGreaterThan(0);
  const { bavail, bsize } = await statfs(folder);
  // Other processes write on the same disk meanwhile.
  expect(Math.abs((await freeBytes(folder)) / (bavail * bsize) - 1)).toBeLessThan(0.1);
  await writeFile(join(folder, "file"), "");
  await expect(freeBytes(join(folder, "file/below"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test.runIf(process.platform === "linux")("a file system without blocks is no disk that could be full", async () => {
  expect(await freeBytes("/proc/x/y")).toBe(Number.POSITIVE_INFINITY);
});

test("a full disk and a used-up quota are told from other errors", () => {
  const coded = (code: string) => Object.assign(new Error(code), { code });
  expect([coded("ENOSPC"), coded("EDQUOT"), coded("EACCES"), new Error("ENOSPC"), "ENOSPC"].map(isDiskFull)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a link and its folder are one; two folders, and what is not there, are not", async () => {
  await mkdir(join(folder, "a"));
  await mkdir(join(folder, "b"));
  await symlink("a", join(folder, "link"));
  expect(await isSameFolder(join(folder, "a"), join(folder, "link"))).toBe(true);
  expect(await isSameFolder(join(folder, "a"), join(folder, "b"))).toBe(false);
  expect(await isSameFolder(join(folder, "no"), join(folder, "no"))).toBe(false);
  expect(await isSameFolder(join(folder, "a"), join(folder, "no"))).toBe(false);
  expect(await isSameFolder(join(folder, "no"), join(folder, "a"))).toBe(false);
  // On Linux the first folder of each of these disks has the number 1.
  expect(await isSameFolder("/proc", "/sys")).toBe(false);
});
