import { spawn } from "node:child_process";
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { takeFolder } from "../src/folder/folder.ts";
import { folderHolder, lockFolder } from "../src/folder/lock.ts";
import { secretIn } from "../src/folder/secrets.ts";
import { temporaryFolder } from "./house.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the lock", () => {
  test("is taken by one, names the holder to others, and is free again after release", async () => {
    const lock = await lockFolder(folder, "server");
    await lock.announce("http://localhost:1234");
    const refused = lockFolder(folder, "server");
    await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_IN_USE" });
    await expect(refused).rejects.toThrow(`process ${process.pid} (server at http://localhost:1234`);
    await expect(folderHolder(folder)).resolves.toMatchObject({ pid: process.pid, details: { url: "http://localhost:1234" } });
    await lock.release();
    await expect(folderHolder(folder)).resolves.toBeNull();
    await (await lockFolder(folder, "server")).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test("of a process that ended is taken over", async () => {
    const child = spawn(process.execPath, ["-e", "0"]);
    await new Promise((done) => child.once("exit", done));
    const stale = { pid: child.pid, url: null, started: "2020-01-01T00:00:00.000Z", purpose: "server", begun: null };
    await writeFile(join(folder, "lock.json"), JSON.stringify(stale));
    await lockFolder(folder, "server");
    expect((await folderHolder(folder))?.pid).toBe(process.pid);
  });

  test("of another process that had our id before the machine started again is taken over", async () => {
    const old = { pid: process.pid, url: null, started: "2020-01-01T00:00:00.000Z", purpose: "server", begun: "another-boot/1" };
    await writeFile(join(folder, "lock.json"), JSON.stringify(old));
    await lockFolder(folder, "server");
    await expect(folderHolder(folder)).resolves.not.toMatchObject({ begun: "another-boot/1" });
  });
});

describe("a data folder", () => {
  test.each(['{"format": 2}', '{"format": 99, "more": true}', "not JSON", "null"])(
    "with version.json %s is refused untouched",
    async (version) => {
      await writeFile(join(folder, "version.json"), version);
      await expect(takeFolder(folder, "server")).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_NEWER" });
      expect(await readdir(folder)).toEqual(["version.json"]);
      expect(await readFile(join(folder, "version.json"), "utf8")).toBe(version);
    },
  );

  test("is closed to other users of the machine, also one that was open before; a folder with other things in it stays as it is", async () => {
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    const own = join(folder, "own");
    await (await takeFolder(own, "server")).release();
    expect([await modeOf(own), await modeOf(join(own, "files"))]).toEqual(["700", "700"]);
    await Promise.all([chmod(own, 0o755), chmod(join(own, "files"), 0o755)]);
    await (await takeFolder(own, "server")).release();
    expect([await modeOf(own), await modeOf(join(own, "files"))]).toEqual(["700", "700"]);
    await chmod(folder, 0o755);
    await (await takeFolder(folder, "server")).release();
    expect([await modeOf(folder), await modeOf(join(folder, "files"))]).toEqual(["755", "700"]);
  });

  test("that cannot be written is refused in one sentence that says what to do", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    for (const path of [file, join(file, "data"), "/proc/pickapic"]) {
      const refused = takeFolder(path, "server");
      await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_UNWRITABLE" });
      await expect(refused).rejects.toThrow(new RegExp(`^The data folder ${path} cannot be written \\(.+\\): .*--data.*\\.$`));
    }
  });

  test.skipIf(process.getuid?.() === 0)("without the right to write is refused", async () => {
    await chmod(folder, 0o500);
    await expect(takeFolder(folder, "server")).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_UNWRITABLE" });
  });

  test("makes a secret once, and closes one that others could read", async () => {
    const secret = await secretIn(folder, "secret");
    await chmod(join(folder, "secret"), 0o644);
    expect(await secretIn(folder, "secret")).toBe(secret);
    expect((await stat(join(folder, "secret"))).mode & 0o777).toBe(0o600);
  });
});
