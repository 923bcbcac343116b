import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { listPictures, passedOverText, sortPictures } from "../src/folder.ts";

const picture = sharp({ create: { width: 4, height: 4, channels: 3, background: "teal" } });
const PNG = await picture.clone().png().toBuffer();
const JPEG = await picture.clone().jpeg().toBuffer();
const BMP = Buffer.from("BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "latin1");
const HEIC = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
const JXL = Buffer.from("\xff\x0a\0\0", "latin1");

/** A folder with these files, relative to it. */
async function folderWith(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-folder-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function listed(folder: string) {
  const { files, passedOver, unreadable } = await listPictures(folder);
  return { files: files.map((file) => file.slice(folder.length + 1)), passedOver, unreadable };
}

test.each<{ what: string; files: Readonly<Record<string, string | Uint8Array>>; found: string[]; passedOver: object }>([
  {
    what: "pictures are told by their first bytes, whatever their names, and the others are counted",
    files: {
      "p1.png": PNG,
      "pic.jfif": JPEG,
      "deep/no-ending": PNG,
      "x.dat": PNG,
      "bmp.bmp": BMP,
      "iphone.heic": HEIC,
      "jxl.jxl": JXL,
      "notes.txt": "x",
      README: "x",
    },
    found: ["deep/no-ending", "p1.png", "pic.jfif", "x.dat"],
    passedOver: { files: 5, kinds: { ".bmp": 1, ".heic": 1, ".jxl": 1, ".txt": 1, "without an ending": 1 } },
  },
  {
    what: "what macOS, Windows and downloads leave beside pictures is passed over",
    files: {
      "p1.png": PNG,
      "._p1.png": "x",
      ".thumbnails/p3.png": PNG,
      "__MACOSX/._p2.png": "x",
      "__MACOSX/deep/p.png": PNG,
      "Thumbs.db": "x",
      "p2.png.tmp": PNG,
      "q.jpg.crdownload": JPEG,
    },
    found: ["p1.png"],
    passedOver: { files: 7, kinds: { ".crdownload": 1, ".db": 1, ".tmp": 1, __MACOSX: 2, hidden: 2 } },
  },
])("$what", async ({ files, found, passedOver }) => {
  expect(await listed(await folderWith(files))).toEqual({ files: found, passedOver, unreadable: [] });
});

test("a file with the name of a picture is listed though it is broken, so that it is told", async () => {
  expect((await listed(await folderWith({ "a.png": "", "b.JPG": "no picture" }))).files).toEqual(["a.png", "b.JPG"]);
});

test("links are followed, but no folder is entered twice", async () => {
  const folder = await folderWith({ "a/p.png": PNG, "b/q.png": PNG });
  const outside = await folderWith({ "r.png": PNG });
  await symlink(outside, join(folder, "a", "out"));
  await symlink(join(outside, "r.png"), join(folder, "link.png"));
  await symlink("..", join(folder, "b", "up"));
  await symlink("../b", join(folder, "a", "other"));
  await symlink("nowhere", join(folder, "broken.png"));
  await symlink("self.png", join(folder, "self.png"));
  expect(await listed(folder)).toEqual({
    files: ["a/other/q.png", "a/out/r.png", "a/p.png", "link.png"],
    passedOver: { files: 2, kinds: { "broken link": 2 } },
    unreadable: [],
  });
});

test.runIf(process.platform === "linux")("a pipe is no file: to read it would wait for ever", async () => {
  const folder = await folderWith({ "q.png": PNG });
  execFileSync("mkfifo", [join(folder, "p.png")]);
  expect(await listed(folder)).toMatchObject({ files: ["q.png"], passedOver: { files: 1, kinds: { "no file": 1 } } });
});

test("a folder that cannot be read is named with its reason", async () => {
  const folder = await folderWith({ "q.png": PNG });
  expect(await listPictures(join(folder, "gone"))).toMatchObject({ files: [], unreadable: [`${join(folder, "gone")} (ENOENT)`] });
});

test("single files are sorted by the same rules, and a folder among them is looked into", async () => {
  const folder = await folderWith({ "a.png": PNG, "b.txt": "x", "c/d.webp": "x", ".e.png": PNG });
  const { files, passedOver } = await sortPictures(each(["a.png", "b.txt", "c", ".e.png"].map((name) => join(folder, name))));
  expect(files).toEqual([join(folder, "a.png"), join(folder, "c/d.webp")]);
  expect(passedOver).toEqual({ files: 2, kinds: { ".txt": 1, hidden: 1 } });
});

test("what was passed over is one sentence", () => {
  expect(passedOverText({ files: 3, kinds: { ".bmp": 1, ".heic": 1, ".jxl": 1 } })).toBe(
    "3 files passed over (.bmp 1, .heic 1, .jxl 1)",
  );
  expect(passedOverText({ files: 1, kinds: { hidden: 1 } })).toBe("1 file passed over (hidden 1)");
  expect(passedOverText({ files: 0, kinds: {} })).toBeNull();
});

async function* each(paths: readonly string[]) {
  yield* paths;
}
