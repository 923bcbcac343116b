/**
 * @file Tar files for WebDataset. Source: the naming of the format (github.com/webdataset/webdataset): files of a sample follow one
 * another and share the name up to the first dot. Time, owner and mode of each file are fixed, so that the same rows give the same
 * bytes.
 */

import { createTarPacker } from "modern-tar";
import type { GrowingFile } from "../files.ts";
import type { ExportFolder } from "./exportFolder.ts";
import { membersOf } from "./record.ts";
import type { Sample, WrittenFormat, WrittenSplit } from "./sample.ts";

/** A tar file is closed when it has this many bytes or samples. */
const MOST_BYTES = 500e6;
const MOST_SAMPLES = 10_000;

/** What `webdataset.WebDataset("train-{000000..000012}.tar")` reads. */
export const WEBDATASET: WrittenFormat = {
  needsImages: false,
  ties: ["keep", "drop", "split"],
  about:
    "Tar files of samples, as WebDataset and `datasets` read them: `key.0.jpg`, `key.1.jpg`, `key.json`. The JSON has all columns of the row; `label_0` and\n" +
    "`label_1` are 1 and 0, 0 and 1, or 0.5 for a tie.",
  open(folder, images) {
    const open = new Map<WrittenSplit, TarFile>();
    const counts = new Map<WrittenSplit, number>();
    const fileOf = async (split: WrittenSplit): Promise<TarFile> => {
      const known = open.get(split);
      if (known && known.bytes < MOST_BYTES && known.samples < MOST_SAMPLES) return known;
      await known?.finish();
      const number = counts.get(split) ?? 0;
      counts.set(split, number + 1);
      const file = await openTar(folder, `${split}-${String(number).padStart(6, "0")}.tar`);
      open.set(split, file);
      return file;
    };
    return {
      async add(split, sample) {
        await (await fileOf(split)).add(entriesOf(sample, images));
      },
      async finish() {
        for (const file of open.values()) await file.finish();
      },
      async abandon() {
        for (const file of open.values()) await file.abandon();
      },
    };
  },
};

function entriesOf({ number, row, winner }: Sample, images: boolean): [name: string, content: Uint8Array][] {
  const key = String(number).padStart(9, "0");
  const pictures = [row.jpg_0, row.jpg_1].map((jpg, i): [string, Uint8Array] => [`${key}.${i}.jpg`, jpg ?? new Uint8Array()]);
  return [...(images ? pictures : []), [`${key}.json`, Buffer.from(`{${membersOf(row, winner)}}`)]];
}

interface TarFile {
  readonly bytes: number;
  readonly samples: number;
  add(entries: readonly [name: string, content: Uint8Array][]): Promise<void>;
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

const FIXED = { mtime: new Date(0), mode: 0o644, uid: 0, gid: 0, uname: "", gname: "" };

async function openTar(folder: ExportFolder, path: string): Promise<TarFile> {
  const file = await folder.create(path);
  const { readable, controller } = createTarPacker();
  const written = pour(readable, file);
  written.catch(() => {}); // It is awaited by `finish`.
  // When the disk fails, the packer is cancelled and says only that; the reason is in `written`.
  const why = async (error: unknown) => {
    await written;
    throw error;
  };
  let [bytes, samples] = [0, 0];
  return {
    get bytes() {
      return bytes;
    },
    get samples() {
      return samples;
    },
    async add(entries) {
      samples++;
      for (const [name, content] of entries) {
        const pack = async () => {
          const body = controller.add({ ...FIXED, name, size: content.length }).getWriter();
          await Promise.all([body.write(content), body.close()]);
        };
        await pack().catch(why);
        bytes += content.length;
      }
    },
    async finish() {
      await (async () => controller.finalize())().catch(why);
      await written;
      await file.close();
    },
    async abandon() {
      controller.error(new Error("the export was given up"));
      await written.catch(() => {});
      await file.close().catch(() => {});
    },
  };
}

async function pour(readable: ReadableStream<Uint8Array>, file: GrowingFile): Promise<void> {
  for await (const chunk of readable) await file.write(chunk);
}
