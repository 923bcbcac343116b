import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { RAW_PIXELS } from "@pickapic/generation";
import { decodePicture, storedJpeg } from "@pickapic/pictures";
import { pino } from "pino";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runningEmbedded } from "../src/database/embedded.ts";
import { folderStore } from "../src/files/folderStore.ts";
import { imageFiles } from "../src/files/imageFiles.ts";
import { RecentFiles } from "../src/files/recent.ts";
import { encodeGenerated, encodeImage } from "../src/images/encode.ts";
import { inSizeClass, SentMemory } from "../src/images/sizeClass.ts";
import { openScorers } from "../src/jobs/scorers.ts";
import { startWorker } from "../src/jobs/worker.ts";
import { resolveSettings } from "../src/resolveSettings.ts";
import {
  adminToken,
  codeOf,
  type House,
  meOf,
  must,
  openHouse,
  PATIENT,
  startRound,
  stranger,
  temporaryFolder,
  type Visitor,
  writePrompt,
} from "./house.ts";

const red = sharp({ create: { width: 40, height: 30, channels: 3, background: "#c01020" } });

describe("encoding", () => {
  test("gives one format without metadata, whatever came", async () => {
    const exif = { IFD0: { Artist: "model-a", Software: "toy" } };
    const inputs = [red.clone().png().withExif(exif), red.clone().webp().withExif(exif), red.clone().jpeg().withExif(exif)];
    for (const input of inputs) {
      const { bytes, width, height } = await encodeImage(await input.toBuffer());
      const { format, exif: kept, icc, xmp, chromaSubsampling } = await sharp(bytes).metadata();
      expect({ format, kept, icc, xmp, chromaSubsampling, width, height }).toEqual({
        format: "jpeg",
        chromaSubsampling: "4:4:4",
        width: 40,
        height: 30,
      });
      const [r, g, b] = (await sharp(bytes).stats()).channels.map(({ mean }) => mean);
      expect([r! - 0xc0, g! - 0x10, b! - 0x20].every((difference) => Math.abs(difference) < 3)).toBe(true);
    }
  });

  test("turns pictures upright, and puts white behind what is transparent", async () => {
    const lying = await red.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await encodeImage(lying)).toMatchObject({ width: 30, height: 40 });
    const glass = await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    expect((await sharp((await encodeImage(glass)).bytes).stats()).channels[0]?.mean).toBeGreaterThan(250);
  });

  test("stores the very bytes that a dataset stores of the same file", async () => {
    const folder = join(import.meta.dirname, "../../../fixtures/pictures/files");
    for (const name of [
      "turned-6.webp",
      "invisible.png",
      "adobe-alpha.png",
      "alpha-even.avif",
      "moving.webp",
      "turned-adobe.jpg",
    ]) {
      const file = await readFile(join(folder, name));
      expect(Buffer.from((await encodeImage(file)).bytes), name).toEqual(Buffer.from(await storedJpeg(file)));
    }
  });

  test("encodes raw pixels once, and refuses those that are not as many as they say", async () => {
    const data = await red.clone().raw().toBuffer();
    const { bytes, ...size } = await encodeGenerated({ bytes: data, mediaType: RAW_PIXELS, width: 40, height: 30 });
    expect(size).toEqual({ width: 40, height: 30 });
    const jpeg = red.clone().jpeg({ quality: 92, chromaSubsampling: "4:4:4", optimiseCoding: false });
    expect(Buffer.from(bytes)).toEqual(await jpeg.toBuffer());
    for (const width of [39, 41, 100_000])
      await expect(encodeGenerated({ bytes: data, mediaType: RAW_PIXELS, width, height: 30 })).rejects.toThrow(/raw pixels/);
  });

  test("refuses what is no picture, and half of one", async () => {
    const png = await red.clone().png().toBuffer();
    for (const bytes of [new Uint8Array(), new TextEncoder().encode("<html>"), png.subarray(0, png.length / 2)]) {
      await expect(encodeImage(bytes)).rejects.toThrow();
    }
  });
});

describe("the file store", () => {
  test("keeps bytes under their hash, once, and whole", async () => {
    const folder = await temporaryFolder();
    const files = imageFiles(folderStore(folder));
    const bytes = new TextEncoder().encode("a picture");
    const hash = await files.put(bytes);
    expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
    await Promise.all([files.put(bytes), files.put(bytes)]);
    expect(await readdir(join(folder, "images", hash.slice(0, 2)))).toEqual([`${hash}.jpg`]);
    expect(Buffer.from(await files.get(hash))).toEqual(Buffer.from(bytes));
    await expect(files.get("0".repeat(64))).rejects.toThrow();
    await rm(folder, { recursive: true, force: true });
  });

  test("reads what it stored or read last from memory, within its bytes, and forgets what is deleted", async () => {
    const folder = await temporaryFolder();
    const files = imageFiles(folderStore(folder), new RecentFiles(20));
    const [a, b, c] = await Promise.all(["aaaaaaaa", "bbbbbbbb", "c".repeat(21)].map((text) => files.put(Buffer.from(text))));
    const [d] = [await imageFiles(folderStore(folder)).put(Buffer.from("dddddddd"))];
    const has = (hash = "") =>
      files.get(hash).then(
        () => true,
        () => false,
      );
    await files.get(a ?? "");
    await files.get(d); // Takes the room of b, which was used before a.
    await rm(join(folder, "images"), { recursive: true });
    expect([await has(a), await has(b), await has(c), await has(d)]).toEqual([true, false, false, true]);
    await files.delete(a ?? "");
    expect([await has(a), await has(d)]).toEqual([false, true]);
    await rm(folder, { recursive: true, force: true });
  });
});

describe("the length of a picture on the wire", () => {
  const SIDE = 128;
  /** Grey with grain of so many levels. */
  const grainy = async (levels: number) => {
    let state = 1;
    const grain = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return levels * (state / 2 ** 32 - 0.5);
    };
    const data = Buffer.from(Array.from({ length: SIDE * SIDE }, () => 128 + grain()));
    const png = sharp(data, { raw: { width: SIDE, height: SIDE, channels: 1 } }).png();
    return (await encodeImage(await png.toBuffer())).bytes;
  };

  const pixels = (bytes: Uint8Array) => sharp(bytes, { failOn: "warning" }).raw().toBuffer();
  /** A picture of one row whose first size class has so many bytes. */
  const pixelsFor = (bytes: number): [width: number, height: number] => [Math.floor(bytes / 0.75), 1];
  /** Where the end marker stands that a program finds first when it looks for one. */
  const endOf = (bytes: Uint8Array) => Buffer.from(bytes).indexOf(Buffer.from([0xff, 0xd9]));

  test("says nothing about its grain, nor does the place of its end marker, and decoders give the same pixels", async () => {
    const [calm, coarse] = [await grainy(2), await grainy(16)];
    expect(coarse.length).toBeGreaterThan(2 * calm.length);
    const sent = [calm, coarse].map((bytes) => inSizeClass(bytes, SIDE, SIDE));
    expect(sent.map(({ length }) => length)).toEqual([12_288, 12_288]);
    expect(sent.map(endOf)).toEqual([12_286, 12_286]);
    expect((await pixels(sent[0]!)).equals(await pixels(calm))).toBe(true);
    expect((await pixels(sent[1]!)).equals(await pixels(coarse))).toBe(true);
    const [shown, stored] = [await decodePicture(sent[1]!), await decodePicture(coarse)];
    expect(Buffer.from(shown.data).equals(Buffer.from(stored.data))).toBe(true);
  });

  test("is filled for every size of the gap, and a picture that just fits is left as it is", async () => {
    const calm = await grainy(2);
    for (const gap of [0, 1, 2, 3, 4, 5, 65_536, 65_537, 65_538, 65_539, 65_540, 65_541, 131_080]) {
      const sent = inSizeClass(calm, ...pixelsFor(calm.length + gap));
      expect([sent.length, endOf(sent)], `gap ${gap}`).toEqual([calm.length + gap, calm.length + gap - 2]);
      expect((await pixels(sent)).equals(await pixels(calm)), `gap ${gap}`).toBe(true);
    }
    expect(inSizeClass(calm, ...pixelsFor(calm.length)).equals(calm)).toBe(true);
  });

  test("is the same in memory that held another picture, which is used again once it is handed back", async () => {
    const calm = await grainy(2);
    const memory = new SentMemory();
    const [first, meanwhile] = [1, 2].map(() => inSizeClass(calm, SIDE, SIDE, memory.take));
    memory.giveBack(first!.fill(0x5a));
    const again = inSizeClass(calm, SIDE, SIDE, memory.take);
    expect([again.buffer === first!.buffer, again.buffer === meanwhile!.buffer]).toEqual([true, false]);
    expect(again.equals(inSizeClass(calm, SIDE, SIDE))).toBe(true);
  });

  test("grows in steps, for pictures that do not fit", () => {
    expect([4, 3_072, 3_073, 6_145].map((length) => inSizeClass(new Uint8Array(length), 64, 64).length)).toEqual([
      3_072, 3_072, 6_144, 9_216,
    ]);
  });
});

describe("serving", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());

  test("gives the stored bytes, under an id that says nothing, and has caches ask before each use", async () => {
    const { comparison } = await startRound(await house.judge());
    expect(comparison.left.url).toMatch(/^\/api\/images\/[0-9a-f-]{36}$/);
    const response = await fetch(house.url + comparison.left.url);
    const bytes = Buffer.from(await response.arrayBuffer());
    const [row] = await house.sql<{ content_hash: string }>("select content_hash from images where id = $1", [
      comparison.left.url.slice(12),
    ]);
    const path = join(house.folder, "files/images", row!.content_hash.slice(0, 2), `${row?.content_hash}.jpg`);
    const stored = await readFile(path);
    expect(createHash("sha256").update(stored).digest("hex")).toBe(row?.content_hash);
    expect(bytes.equals(inSizeClass(stored, 64, 64))).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/jpeg",
      "cache-control": "public, no-cache",
      "x-content-type-options": "nosniff",
    });
    const again = await fetch(house.url + comparison.left.url, {
      headers: { "if-none-match": response.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  });

  test("ends at once when the person withdraws, but for that person and the operator, and comes back with a new agreement", async () => {
    const [judge, other] = [await house.judge(), await house.judge()];
    const { comparison } = await startRound(judge);
    const kept = (await startRound(other)).comparison.left.url;
    const { url } = comparison.left;
    const look = async (visitor: Visitor, headers: Record<string, string> = {}) => {
      const reply = await visitor.send("GET", url, { headers });
      return [reply.status, reply.headers.get("cache-control")];
    };
    const etag = (await must(judge.send("GET", url))).headers.get("etag") ?? "";
    await must(judge.send("DELETE", "/api/consent"));
    for (const visitor of [stranger(house.url), other]) {
      expect(await look(visitor)).toEqual([410, "no-store"]);
      expect(await look(visitor, { "if-none-match": etag })).toEqual([410, "no-store"]);
    }
    expect(codeOf(await stranger(house.url).send("GET", url))).toBe("PICKAPIC_IMAGE_WITHDRAWN");
    expect(await look(judge)).toEqual([200, "private, no-store"]);
    const authorization = `Bearer ${await adminToken(house.folder)}`;
    expect(await look(stranger(house.url), { authorization })).toEqual([200, "private, no-store"]);
    expect((await stranger(house.url).send("GET", kept)).status).toBe(200);
    await must(judge.send("POST", "/api/consent", { body: { version: (await meOf(judge)).consent.version } }));
    expect(await look(stranger(house.url), { "if-none-match": etag })).toEqual([304, "public, no-cache"]);
    await house.sql("update people set banned_at = now() where user_id = $1", [(await meOf(judge)).user?.id]);
    expect([await look(stranger(house.url)), await look(judge)]).toEqual([
      [410, "no-store"],
      [410, "no-store"],
    ]);
  });

  test("knows no other image, and none that is not ready", async () => {
    for (const id of ["x", "00000000-0000-4000-8000-000000000000", "..%2f..%2fsecret"]) {
      const reply = await stranger(house.url).send("GET", `/api/images/${id}`);
      expect([reply.status, codeOf(reply)]).toEqual([404, "PICKAPIC_IMAGE_UNKNOWN"]);
    }
  });

  test("says in the error table's words when a file is gone", async () => {
    const { comparison } = await startRound(await house.judge());
    // A file that this server has neither stored nor read, so that it is not in memory.
    const bytes = Buffer.from("stored by another server");
    const hash = createHash("sha256").update(bytes).digest("hex");
    await house.sql("update images set content_hash = $1 where id = $2", [hash, comparison.left.url.slice(12)]);
    const reply = await stranger(house.url).send("GET", comparison.left.url);
    expect([reply.status, codeOf(reply)]).toEqual([503, "PICKAPIC_FILES_UNREACHABLE"]);
    expect(JSON.stringify(reply.body)).not.toContain(house.folder);
    await imageFiles(folderStore(join(house.folder, "files"))).put(bytes);
    await must(stranger(house.url).send("GET", comparison.left.url));
  });
});

test("the backend gets the next image while one is still being stored", async () => {
  const own = await openHouse({ runWorker: false });
  try {
    await writePrompt(await own.judge());
    const real = imageFiles(folderStore(join(own.folder, "files")));
    const disk = Promise.withResolvers<void>();
    const files = { ...real, put: (bytes: Uint8Array) => disk.promise.then(() => real.put(bytes)) };
    const settings = { ...resolveSettings({ dataFolder: own.folder, backends: [own.backend] }, {}), concurrency: 1 };
    const room = { isEnough: async () => true, freeMb: async () => 1_000 };
    const log = pino({ level: "silent" });
    const scorers = openScorers(undefined, null);
    const worker = await startWorker((await runningEmbedded(own.folder)) ?? "", { files, settings, log, room, scorers });
    const count = (state: string) => own.sql("select 1 from images where state = $1", [state]).then(({ length }) => length);
    // One that a backend generates at a time, and three in all, however long the disk takes.
    await expect.poll(() => count("generating"), PATIENT).toBe(3);
    await wait(500);
    expect(await count("generating")).toBe(3);
    disk.resolve();
    await expect.poll(() => count("ready"), PATIENT).toBeGreaterThanOrEqual(2);
    await worker.stop();
  } finally {
    await own.close();
  }
});
