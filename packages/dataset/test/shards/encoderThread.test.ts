import { expect, test } from "vitest";
import { allRows, blockOfRows } from "../../src/columns/block.ts";
import type { GrowingFile } from "../../src/files.ts";
import { columnsOf } from "../../src/row.ts";
import { arrowStream } from "../../src/shards/arrow.ts";
import { CALLERS_THREAD, type Encoder, startEncoder } from "../../src/shards/encoderThread.ts";
import { sampleRecords } from "../sample.ts";

const COLUMNS = columnsOf(false);
const LIMITS = { groupBytes: 1e6, groupRows: 7 };

/** A file in memory. */
function memoryFile(): GrowingFile & { text(): string } {
  const chunks: Buffer[] = [];
  return {
    write: async (bytes) => void chunks.push(Buffer.from(bytes)),
    close: async () => undefined,
    text: () => Buffer.concat(chunks).toString("latin1"),
  };
}

const batch = (first: number) => arrowStream(COLUMNS, [allRows(blockOfRows(sampleRecords().slice(first, first + 20)))]);

/** Writes two files in turns, and returns what is in them and what is said of them. */
async function twoFiles(encoder: Encoder) {
  const files = [memoryFile(), memoryFile()];
  const streams = await Promise.all(files.map((file, i) => encoder.open(file, COLUMNS, LIMITS, `0123456789abcde${i}`)));
  for (const first of [0, 20]) for (const [i, stream] of streams.entries()) await stream.write(batch(first + 5 * i));
  const said = [];
  for (const stream of streams) said.push(await stream.finish());
  return { said, texts: files.map((file) => file.text()) };
}

test("files that a thread encodes side by side have the bytes of those of the caller's thread", async () => {
  const encoder = startEncoder();
  const expected = await twoFiles(CALLERS_THREAD);
  expect(await twoFiles(encoder).finally(() => encoder.stop())).toEqual(expected);
  expect(expected.texts[0]?.length).toBe(expected.said[0]?.bytes);
});

test("every call throws the error of the disk, of the encoder, or of a thread that ended", async () => {
  const encoder = startEncoder();
  const full = { ...memoryFile(), write: () => Promise.reject(new Error("the disk is full")) };
  const onFull = await encoder.open(full, COLUMNS, LIMITS);
  await onFull.write(batch(0));
  await expect(onFull.finish()).rejects.toThrow("the disk is full");
  const broken = await encoder.open(memoryFile(), COLUMNS, LIMITS);
  await broken.write(new Uint8Array(64));
  await expect(broken.finish()).rejects.toThrow(/IPC|Arrow/i);
  const stopped = await encoder.open(memoryFile(), COLUMNS, LIMITS);
  await encoder.stop();
  await expect(stopped.write(batch(0))).rejects.toThrow("The thread that encodes Parquet files ended.");
  await expect(stopped.finish()).rejects.toThrow("The thread that encodes Parquet files ended.");
});
