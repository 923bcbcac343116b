import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addFiles, type OpenFile, openWholeFile, replaceFolder, writeWholeFile } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-disk-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A disk that takes no byte: Linux's own device for that, in place of the file beside. */
const fullDisk: OpenFile = async (path, flags, mode) => {
  await (await open(path, flags, mode)).close();
  return open("/dev/full", "w");
};

describe("a whole file", () => {
  test("replaces another one, and makes the folders above", async () => {
    const file = join(folder, "deep/er/file");
    await writeWholeFile(file, "one");
    await writeWholeFile(file, "two");
    expect(await readFile(file, "utf8")).toBe("two");
    expect(await readdir(folder, { recursive: true })).toEqual(["deep", "deep/er", "deep/er/file"]);
  });

  test("has the old content, or none, until it is kept", async () => {
    const file = join(folder, "file");
    await writeFile(file, "old");
    const whole = await openWholeFile(file);
    await whole.handle.writeFile("new");
    expect(await readFile(file, "utf8")).toBe("old");
    await whole.commit();
    await whole.discard();
    expect(await readFile(file, "utf8")).toBe("new");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("is flushed before it gets its name", async () => {
    const calls: string[] = [];
    const file = join(folder, "file");
    const openFile: OpenFile = async (path, flags) => {
      const handle = await open(path, flags);
      const sync = async () => {
        calls.push((await readdir(folder)).includes("file") ? "named" : "not named");
        await handle.sync();
      };
      return Object.assign(Object.create(handle), {
        writeFile: handle.writeFile.bind(handle),
        sync,
        close: () => handle.close(),
      });
    };
    await writeWholeFile(file, "x", { openFile });
    expect(calls).toEqual(["not named"]);
  });

  test.runIf(process.platform === "linux")("of a disk that is full leaves the old one and nothing beside it", async () => {
    const file = join(folder, "file");
    await writeFile(file, "old");
    await expect(writeWholeFile(file, "new", { openFile: fullDisk })).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await readFile(file, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("is refused at once where a folder is in the way", async () => {
    await mkdir(join(folder, "taken"));
    await expect(openWholeFile(join(folder, "taken"))).rejects.toMatchObject({ code: "EISDIR" });
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test("is one of many that are written at the same moment, never a mixture", async () => {
    const file = join(folder, "file");
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(100_000));
    await Promise.all(texts.map((text) => writeWholeFile(file, text)));
    expect(texts).toContain(await readFile(file, "utf8"));
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("has the permissions that were asked for from the start", async () => {
    await writeWholeFile(join(folder, "secret"), "x", { mode: 0o600 });
    expect((await stat(join(folder, "secret"))).mode & 0o777).toBe(0o600);
  });

  test("does not follow a link that lies beside it", async () => {
    await writeFile(join(folder, "victim"), "mine");
    await symlink("victim", join(folder, `file.${process.pid}.part`));
    await writeWholeFile(join(folder, "file"), "x");
    expect(await readFile(join(folder, "victim"), "utf8")).toBe("mine");
  });
});

describe("a whole folder", () => {
  const fill = (text: string) => async (staging: string) => {
    await mkdir(join(staging, "in"));
    await writeFile(join(staging, "in/file"), text);
  };

  test("takes the place of another one, or stays away when filling it fails", async () => {
    const target = join(folder, "a/b");
    await replaceFolder(target, fill("one"));
    await replaceFolder(target, fill("two"));
    const failing = async (staging: string) => {
      await fill("three")(staging);
      throw new Error("no more");
    };
    await expect(replaceFolder(target, failing)).rejects.toThrow("no more");
    expect(await readFile(join(target, "in/file"), "utf8")).toBe("two");
    expect(await readdir(join(folder, "a"))).toEqual(["b"]);
  });

  test("is cleared of what killed processes left; folders of running ones stay", async () => {
    const target = join(folder, "data");
    await Promise.all(
      [`data.partial-${2 ** 30}-abc`, `data.partial-${process.ppid}-abc`, `other.partial-${2 ** 30}-abc`].map((name) =>
        mkdir(join(folder, name)),
      ),
    );
    await mkdir(join(folder, `data.replaced-${2 ** 30}`));
    await writeFile(join(folder, `data.replaced-${2 ** 30}`, "old"), "");
    const failing = async () => Promise.reject(new Error("no"));
    await expect(replaceFolder(target, failing)).rejects.toThrow("no");
    expect((await readdir(folder)).sort()).toEqual(
      ["data", `data.partial-${process.ppid}-abc`, `other.partial-${2 ** 30}-abc`].sort(),
    );
    expect(await readdir(target)).toEqual(["old"]);
  });

  test("is not written when the check refuses", async () => {
    const check = async () => Promise.reject(new Error("taken"));
    await expect(replaceFolder(join(folder, "data"), fill("x"), { check })).rejects.toThrow("taken");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("files that are added to a folder", () => {
  test("come together, without those of an earlier set, and leave other files alone", async () => {
    await writeFile(join(folder, "mine"), "");
    await writeFile(join(folder, "old"), "");
    await addFiles(folder, (part) => writeFile(join(part, "new"), ""), ["old", "new"]);
    expect((await readdir(folder)).sort()).toEqual(["mine", "new"]);
  });

  test("leave the folder as it was, or absent, when writing them fails", async () => {
    const target = join(folder, "new");
    const failing = async (part: string) => {
      await writeFile(join(part, "half"), "");
      throw new Error("no");
    };
    await expect(addFiles(target, failing, [])).rejects.toThrow("no");
    expect(await readdir(folder)).toEqual([]);
  });
});
