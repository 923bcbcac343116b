/** @file JSON Lines with a folder of pictures: what scripts read, and what `dataset import` reads back. */

import { createHash } from "node:crypto";
import type { GrowingFile } from "../files.ts";
import type { ExportFolder } from "./exportFolder.ts";
import { membersOf } from "./record.ts";
import type { Sample, WrittenFormat, WrittenSplit } from "./sample.ts";

/** One file of lines per split; a picture of several rows is written once. */
export const JSONL: WrittenFormat = {
  needsImages: false,
  ties: ["keep", "drop", "split"],
  about:
    "JSON Lines, one row a line, with all columns; `image_0` and `image_1` are the paths of the pictures. `label_0` and `label_1` are 1 and 0, 0 and 1, or 0.5\n" +
    "for a tie. `pickapic dataset import` makes a dataset of it again.",
  open(folder, images) {
    const lines = new Map<WrittenSplit, GrowingFile>();
    const pictures = new Set<string>();
    return {
      async add(split, sample) {
        const file = lines.get(split) ?? (await folder.create(`${split}.jsonl`));
        lines.set(split, file);
        const paths = images ? await picturesOf(folder, sample, pictures) : "";
        await file.write(Buffer.from(`{${paths}${membersOf(sample.row, sample.winner)}}\n`));
      },
      async finish() {
        for (const file of lines.values()) await file.close();
      },
      async abandon() {
        for (const file of lines.values()) await file.close().catch(() => {});
      },
    };
  },
};

/** Writes the pictures that are new, and returns the members of JSON with the paths of both. */
async function picturesOf(folder: ExportFolder, { row }: Sample, written: Set<string>): Promise<string> {
  const write = async (uid: string, jpg: Uint8Array | undefined) => {
    const path = `images/${nameOf(uid)}.jpg`;
    if (!written.has(path)) await folder.write(path, jpg ?? new Uint8Array());
    written.add(path);
    return path;
  };
  const [first, second] = [await write(row.image_0_uid, row.jpg_0), await write(row.image_1_uid, row.jpg_1)];
  return `"image_0":${JSON.stringify(first)},"image_1":${JSON.stringify(second)},`;
}

/** Returns the file name for a uid: the uid, or its digest if the uid cannot be a file name. */
function nameOf(uid: string): string {
  return /^\w[\w-]{0,99}$/.test(uid) ? uid : createHash("sha256").update(uid).digest("hex").slice(0, 32);
}
