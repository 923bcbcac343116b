import fs, { mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addFiles, checkWritable, type OpenFile, openWholeFile, replaceFolder, writeWholeFile } from "../src/index.ts";

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

/** Notes every folder that is flushed and closed, and every rename and whether it replaces a file, until the test ends. @param refusal the error of flushing a folder */
function watched(refusal: { at: "open" | "sync"; code: string } | null = null): string[] {
  const calls: string[] = [];
  const refuse = async () => Promise.reject(Object.assign(new Error("no"), { code: refusal?.code }));
  const { open, rename } = fs;
  fs.rename = async (from, to) => {
    const isThere = (await stat(to).catch(() => null)) !== null;
    calls.push(`${isThere ? "replace" : "rename to"} ${basename(String(to))}`);
    await rename(from, to);
  };
  fs.open = async (path, ...rest) => {
    const isFolder = (await stat(path).catch(() => null))?.isDirectory();
    if (isFolder && refusal?.at === "open") return refuse();
    const handle = await open(path, ...rest);
    if (!isFolder) return handle;
    const name = relative(folder, String(path)).replace(/partial-.*?(?=[/]|$)/, "partial");
    const { sync, close } = handle;
    handle.sync = refusal?.at === "sync" ? refuse : async () => void calls.push(`flush ${name}`, String(await sync.call(handle)));
    handle.close = async () => {
      calls.push(`close ${name}`);
      await close.call(handle);
    };
    return handle;
  };
  syncBuiltinESMExports();
  restore = () => {
    Object.assign(fs, { open, rename });
    syncBuiltinESMExports();
  };
  return calls;
}

let restore = () => {};
afterEach(() => restore());

describe("a whole file", () => {
  test("gets its name before its folder is flushed; a disk that flushes no folders is used as it is", async () => {
    const calls = watched();
    await writeWholeFile(join(folder, "file"), "x");
    expect(calls.filter((call) => call !== "undefined")).toEqual(["rename to file", "flush ", "close "]);
    for (const refusal of [{ at: "open", code: "EACCES" } as const, { at: "sync", code: "EINVAL" } as const]) {
      restore();
      const calls = watched(refusal);
      await writeWholeFile(join(folder, "file"), refusal.at);
      expect(await readFile(join(folder, "file"), "utf8")).toBe(refusal.at);
      expect(calls).toEqual(["replace file", ...(refusal.at === "sync" ? ["close "] : [])]);
    }
    restore();
    watched({ at: "sync", code: "EIO" });
    await expect(writeWholeFile(join(folder, "file"), "z")).rejects.toMatchObject({ code: "EIO" });
  });

  test("that cannot be opened has the error of the system, and one that is given up twice has none", async () => {
    const openFile: OpenFile = async () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" }));
    await expect(openWholeFile(join(folder, "file"), { openFile })).rejects.toMatchObject({ code: "EACCES", message: "no" });
    const refused = (...codes: string[]): { openFile: OpenFile; codes: string[] } => ({
      codes,
      openFile: async () => Promise.reject(Object.assign(new Error("no"), { code: codes.shift() })),
    });
    const { codes, ...once } = refused("EACCES", "EIO");
    await expect(openWholeFile(join(folder, "file"), once)).rejects.toMatchObject({ code: "EACCES" });
    expect(codes, "it is opened once").toEqual(["EIO"]);
    await expect(openWholeFile(join(folder, "file"), refused("ENOENT", "EACCES"))).rejects.toMatchObject({
      code: "EACCES",
      message: "no",
    });
    await writeFile(join(folder, "taken"), "");
    await expect(openWholeFile(join(folder, "taken/file"))).rejects.toMatchObject({
      code: "EEXIST",
      path: join(folder, "taken"),
    });
    await rm(join(folder, "taken"));
    const whole = await openWholeFile(join(folder, "file"));
    for (const name of await readdir(folder)) await rm(join(folder, name));
    await whole.discard();
    await whole.discard();
    expect(await readdir(folder)).toEqual([]);
  });

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
    const path = join(folder, "taken");
    const message = `EISDIR: a folder is in the way, open '${path}'`;
    await expect(openWholeFile(path)).rejects.toMatchObject({ code: "EISDIR", syscall: "open", path, message });
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

  test("is forgotten once it has its name, so that a leftover of the same name is removed", async () => {
    const target = join(folder, "data");
    const left = await replaceFolder(target, async (staging) => staging);
    await mkdir(left);
    await replaceFolder(target, fill("x"));
    expect(await readdir(folder)).toEqual(["data"]);
  });

  test("that cannot get its name leaves the old one, or none", async () => {
    const { rename } = fs;
    restore = () => {
      Object.assign(fs, { rename });
      syncBuiltinESMExports();
    };
    const refuse = Object.assign(new Error("no"), { code: "EACCES" });
    fs.rename = async (from, to) => (String(from).includes(".partial-") ? Promise.reject(refuse) : rename(from, to));
    syncBuiltinESMExports();
    const target = join(folder, "data");
    await expect(replaceFolder(target, fill("new"))).rejects.toBe(refuse);
    expect(await readdir(folder)).toEqual([]);
    await mkdir(target);
    await writeFile(join(target, "old"), "");
    await expect(replaceFolder(target, fill("new"))).rejects.toBe(refuse);
    expect(await readdir(folder, { recursive: true })).toEqual(["data", "data/old"]);
  });

  test("is flushed with its inner folders before it gets its name", async () => {
    const calls = watched();
    await replaceFolder(join(folder, "data"), fill("x"));
    expect(calls.filter((call) => /^(flush|rename)/.test(call))).toEqual([
      "flush data.partial/in",
      "flush data.partial",
      "rename to data",
      "flush ",
    ]);
  });

  test("may be filled by several at once: none removes what another one is filling, and the error of one is its own", async () => {
    const target = join(folder, "data");
    const slow = replaceFolder(target, async (staging) => {
      await replaceFolder(target, fill("quick"));
      await fill("slow")(staging);
    });
    await slow;
    expect(await readFile(join(target, "in/file"), "utf8")).toBe("slow");
    const failing = async (staging: string) => {
      await rm(staging, { recursive: true });
      throw new Error("no more");
    };
    await expect(replaceFolder(target, failing)).rejects.toThrow("no more");
    await expect(addFiles(folder, failing, [])).rejects.toThrow("no more");
    expect(await readdir(folder)).toEqual(["data"]);
  });

  test.each([
    ["what was half filled", [`data.partial-${2 ** 30}-abc`], []],
    ["what this process left earlier", [`data.partial-${process.pid}-abc`], []],
    ["what was replaced when the new one has its name", ["data", `data.replaced-${2 ** 30}`], ["data"]],
    ["nothing with another beginning", [`my\ndata.partial-${2 ** 30}-abc`], [`my\ndata.partial-${2 ** 30}-abc`]],
    ["nothing with another ending", [`data.partial-${2 ** 30}-abc.bak`], [`data.partial-${2 ** 30}-abc.bak`]],
  ])("is cleared of %s", async (_name, before, after) => {
    for (const name of before) await mkdir(join(folder, name, "in"), { recursive: true });
    const check = async () => Promise.reject(new Error("looked"));
    await expect(replaceFolder(join(folder, "data"), fill("x"), { check })).rejects.toThrow("looked");
    expect(await readdir(folder)).toEqual(after);
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
    await addFiles(folder, (part) => writeFile(join(part, "new"), ""), ["old", "absent", "new"]);
    expect((await readdir(folder)).sort()).toEqual(["mine", "new"]);
  });

  test("are moved in the order that was asked for, after all others, and take the place of old ones without a gap", async () => {
    const calls = watched();
    const fill = async (part: string) => {
      for (const name of ["index", "a", "data"]) await writeFile(join(part, name), "");
    };
    await addFiles(folder, fill, ["data", "a", "index"]);
    await addFiles(folder, fill, ["index"]);
    expect(calls.filter((call) => /^(rename|replace)/.test(call))).toEqual([
      ...["data", "a", "index"].map((name) => `rename to ${name}`),
      ...["a", "data", "index"].map((name) => `replace ${name}`),
    ]);
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

test("whether a file can be written is known without writing it", async () => {
  const file = join(folder, "new", "report.html");
  await checkWritable(file);
  expect(await readdir(folder)).toEqual([]);
  await writeWholeFile(file, "old");
  await checkWritable(file);
  expect(await readFile(file, "utf8")).toBe("old");
  await expect(checkWritable(join(file, "below"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(checkWritable(folder)).rejects.toMatchObject({ code: "EISDIR" });
});
