/**
 * @file Parquet for diffusers' DPO trainers. Source: examples/research_projects/diffusion_dpo/train_diffusion_dpo.py of
 * huggingface/diffusers, which reads jpg_0, jpg_1, label_0 and caption and swaps the pictures only where label_0 is 0: a tie of 0.5
 * trains as a win of image 0.
 */

import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { COLUMNS } from "../row.ts";
import { DATA_FOLDER, shardPath } from "../shards/layout.ts";
import { SHARD_LIMITS, SplitWriter } from "../shards/shards.ts";
import type { WrittenFormat, WrittenSplit } from "./sample.ts";
import { labelsOf } from "./winner.ts";

const WANTED: readonly string[] = ["caption", "jpg_0", "jpg_1", "label_0"];
const COLUMNS_WRITTEN = COLUMNS.filter(({ name }) => WANTED.includes(name));

/** What train_diffusion_dpo.py takes as dataset_name. */
export const DIFFUSERS_DPO: WrittenFormat = {
  needsImages: true,
  ties: ["drop", "split", "keep"],
  about:
    "Parquet with `caption`, `jpg_0`, `jpg_1` (JPEG bytes) and `label_0` (1: the first image was preferred, 0: the second), as `train_diffusion_dpo.py` of\n" +
    "diffusers reads it: its dataset_name is this folder and its dataset_split_name is train.",
  open(folder) {
    const writers = new Map<WrittenSplit, SplitWriter>();
    const data = join(folder.path, DATA_FOLDER);
    const writerOf = async (split: WrittenSplit) => {
      const known = writers.get(split);
      if (known) return known;
      await mkdir(data, { recursive: true });
      const writer = new SplitWriter(split, data, COLUMNS_WRITTEN, folder.files, SHARD_LIMITS);
      writers.set(split, writer);
      return writer;
    };
    return {
      async add(split, { row, winner }) {
        await (await writerOf(split)).addRow({ ...row, ...labelsOf(winner) });
      },
      async finish() {
        for (const [split, writer] of writers) {
          const shards = await writer.finish();
          for (const [i, { name, bytes, sha256 }] of shards.entries()) {
            const path = shardPath(split, i, shards.length);
            await rename(join(data, name), join(folder.path, path));
            folder.note(path, bytes, sha256);
          }
        }
      },
      async abandon() {
        for (const writer of writers.values()) await writer.abandon();
      },
    };
  },
};
