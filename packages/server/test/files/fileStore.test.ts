/** @file The file store in a folder and in a bucket of a real S3 server, and two servers on one bucket. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import S3rver from "@20minutes/s3rver";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runningEmbedded } from "../../src/database/embedded.ts";
import { parseBucket } from "../../src/files/bucketStore.ts";
import type { FileStore } from "../../src/files/fileStore.ts";
import { folderStore } from "../../src/files/folderStore.ts";
import { imageFiles } from "../../src/files/imageFiles.ts";
import { openFileStore } from "../../src/files/openFileStore.ts";
import { runWorker, startServer } from "../../src/index.ts";
import { resolveSettings } from "../../src/resolveSettings.ts";
import {
  codeOf,
  fakeBackend,
  type House,
  messageOf,
  must,
  NO_ENVIRONMENT,
  openHouse,
  PATIENT,
  startRound,
  stranger,
  temporaryFolder,
} from "../house.ts";

/** An S3 server with the buckets "pictures" and "others". */
async function startS3(directory: string, port = 0): Promise<{ endpoint: string; port: number; stop(): Promise<void> }> {
  const configureBuckets = [{ name: "pictures" }, { name: "others" }];
  const server = new S3rver({ address: "127.0.0.1", port, silent: true, directory, configureBuckets });
  const address = await server.run();
  return { endpoint: `http://127.0.0.1:${address.port}`, port: address.port, stop: () => server.close() };
}

let base: string;
let s3: Awaited<ReturnType<typeof startS3>>;
/** The address of a bucket of the server. */
const bucketAt = (path: string) => `s3://${path}?endpoint=${encodeURIComponent(s3.endpoint)}`;

beforeAll(async () => {
  // The only account that the server of the tests knows.
  process.env.AWS_ACCESS_KEY_ID = "S3RVER";
  process.env.AWS_SECRET_ACCESS_KEY = "S3RVER";
  base = await temporaryFolder();
  s3 = await startS3(join(base, "s3"));
});
afterAll(async () => {
  await s3.stop();
  await rm(base, { recursive: true, force: true });
});

test.each([
  ["a folder", async () => folderStore(join(base, "folder"))],
  ["a bucket", () => openFileStore(base, bucketAt("pictures"))],
  ["a folder of a bucket", () => openFileStore(base, bucketAt("pictures/inner/folder/"))],
] satisfies [string, () => Promise<FileStore>][])("%s stores, replaces, returns and deletes files", async (_kind, open) => {
  const store = await open();
  expect(await store.get("a/b.jpg")).toBeNull();
  await store.put("a/b.jpg", new Uint8Array([1, 2, 255]));
  await store.put("a/c.jpg", "text");
  expect([...((await store.get("a/b.jpg")) ?? [])]).toEqual([1, 2, 255]);
  await store.put("a/b.jpg", new Uint8Array([7]));
  expect([...((await store.get("a/b.jpg")) ?? [])]).toEqual([7]);
  await store.delete("a/b.jpg");
  await store.delete("a/b.jpg");
  expect(await store.get("a/b.jpg")).toBeNull();
  expect(Buffer.from((await store.get("a/c.jpg")) ?? []).toString()).toBe("text");
});

test("the address of a bucket names bucket, folder, service and region, and never keys", () => {
  const endpoint = "http://localhost:9000";
  expect(parseBucket(`s3://pics/a/b/?endpoint=${endpoint}&region=eu-1`)).toEqual({
    bucket: "pics",
    prefix: "a/b/",
    endpoint,
    region: "eu-1",
  });
  expect(parseBucket("s3://pics")).toEqual({ bucket: "pics", prefix: "", region: "us-east-1" });
  for (const wrong of [
    "",
    "pics",
    "https://pics",
    "s3://",
    "s3://key:secret@pics",
    "s3://pics:80",
    "s3://pics?endpont=http://x",
    "s3://pics?endpoint=ftp://x",
    "s3://pics?endpoint=http://key:secret@x",
  ])
    expect(parseBucket(wrong), wrong).toBeNull();
  expect(() => resolveSettings({ backends: [], filesUrl: "pics" }, NO_ENVIRONMENT)).toThrow(
    /PICKAPIC_FILES_URL.*s3:\/\/bucket\/folder/,
  );
});

describe("two servers, each with a data folder, on one database and one bucket", () => {
  let one: House;
  let two: { url: string; close(): Promise<void> };
  let databaseUrl: string;
  const shared = { port: 0, logLevel: "silent", secret: "the same secret for both of the servers", fastestAnswerMs: 0 } as const;
  beforeAll(async () => {
    one = await openHouse({ ...shared, filesUrl: bucketAt("pictures/site"), runWorker: false });
    databaseUrl = (await runningEmbedded(one.folder)) ?? "";
    two = await startServer(
      {
        ...shared,
        dataFolder: join(base, "two"),
        databaseUrl,
        filesUrl: bucketAt("pictures/site"),
        backends: [fakeBackend()],
        runWorker: false,
      },
      NO_ENVIRONMENT,
    );
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  const work = (filesUrl: string) =>
    runWorker(
      { backends: [one.backend], dataFolder: join(base, "absent"), databaseUrl, filesUrl, logLevel: "silent" },
      NO_ENVIRONMENT,
    );

  test("a worker without a folder generates for both; each shows pictures that the other's people ordered; no folder has any", async () => {
    const worker = await work(bucketAt("pictures/site"));
    try {
      const { comparison } = await startRound(await one.judge());
      const picture = await must(stranger(two.url).send("GET", comparison.left.url));
      expect(picture.headers.get("content-type")).toBe("image/jpeg");
      expect(await Promise.all([one.folder, join(base, "two")].map((folder) => readdir(join(folder, "files"))))).toEqual([
        [],
        [],
      ]);
    } finally {
      await worker.stop();
    }
  });

  test("a worker of another bucket is refused, and so is one of another folder of the same", async () => {
    for (const path of ["others", "pictures/elsewhere"])
      await expect(work(bucketAt(path))).rejects.toMatchObject({ code: "PICKAPIC_FILES_FOREIGN" });
  });

  test("a bucket that does not exist is refused at the start, with what to do", async () => {
    await expect(work(bucketAt("nothing"))).rejects.toMatchObject({
      code: "PICKAPIC_FILE_STORE_UNUSABLE",
      message: expect.stringMatching(/s3:\/\/nothing\/ \(.*bucket.*\): check/),
    });
  });

  test("while the service is away, pictures are 503 in its words, the server is not ready, and a worker puts images back; then all goes on", async () => {
    const worker = await work(bucketAt("pictures/site"));
    const judge = await one.judge();
    const { comparison } = await startRound(judge);
    const ready = async () => (await stranger(two.url).send("GET", "/api/ready")).status;
    await expect.poll(ready).toBe(200);
    await s3.stop();
    const reply = await stranger(two.url).send("GET", comparison.right.url);
    expect([reply.status, codeOf(reply), messageOf(reply)]).toEqual([
      503,
      "PICKAPIC_FILES_UNREACHABLE",
      expect.stringContaining("files"),
    ]);
    await expect.poll(ready).toBe(503);
    const waiting = startRound(judge, "a blue dog");
    await expect.poll(() => one.sql("select 1 from images where due_at is not null"), PATIENT).not.toEqual([]);
    s3 = await startS3(join(base, "s3"), s3.port);
    const { comparison: next } = await waiting;
    await must(stranger(two.url).send("GET", next.left.url));
    expect(await one.sql("select 1 from images where state = 'failed'")).toEqual([]);
    await worker.stop();
  });
});

test("equal pictures are stored once in a bucket, too", async () => {
  const files = imageFiles(await openFileStore(base, bucketAt("others/once")));
  const bytes = new TextEncoder().encode("a picture");
  const [hash, again] = await Promise.all([files.put(bytes), files.put(bytes)]);
  expect(again).toBe(hash);
  expect(Buffer.from(await files.get(hash)).toString()).toBe("a picture");
  await expect(files.get("0".repeat(64))).rejects.toMatchObject({ code: "PICKAPIC_FILES_UNREACHABLE" });
});
