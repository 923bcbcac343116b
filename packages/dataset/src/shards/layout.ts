/** @file The file names of a dataset folder. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "../errors.ts";
import { SPLITS, type Split } from "../row.ts";

/** The dataset card at the top of the folder; the Hugging Face hub shows it as the page of the dataset. */
export const CARD_FILE = "README.md";
/** The checksums of card and shards at the top of the folder, as `sha256sum -c` reads them. */
export const CHECKSUM_FILE = "SHA256SUMS";
/** The folder of the Parquet files, inside the folder of the dataset. */
export const DATA_FOLDER = "data";

/** data/train-00000-of-00003.parquet; older Hugging Face libraries put a hash before the ending. */
const SHARD = /^(train|validation|test|validation_unique|test_unique)-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?\.parquet$/;

/** Path of a shard inside the dataset folder. */
export function shardPath(split: Split, index: number, count: number): string {
  const five = (n: number) => String(n).padStart(5, "0");
  return `${DATA_FOLDER}/${split}-${five(index)}-of-${five(count)}.parquet`;
}

/** Whether a file name, without its folder, is that of a shard such as train-00000-of-00003.parquet. */
export function isShardName(name: string): boolean {
  return SHARD.test(name);
}

/** Groups file names into the shards of each split, in order. Throws when a number is missing. */
export function groupShards(names: readonly string[]): Map<Split, string[]> {
  const result = new Map<Split, string[]>();
  const found = names.flatMap((name) => {
    const [, named, index, count] = SHARD.exec(name) ?? [];
    const split = SPLITS.find((each) => each === named);
    return split ? [{ name, split, index: Number(index), count: Number(count) }] : [];
  });
  for (const split of SPLITS) {
    const shards = found.filter((shard) => shard.split === split).sort((a, b) => a.index - b.index);
    if (shards.length > 0) result.set(split, complete(split, shards));
  }
  return result;
}

interface Shard {
  readonly name: string;
  readonly index: number;
  readonly count: number;
}

function complete(split: Split, shards: readonly Shard[]): string[] {
  const count = shards[0]?.count ?? 0;
  const odd = shards.find((shard, i) => shard.count !== count || shards[i + 1]?.index === shard.index);
  if (odd) {
    throw new DatasetError(
      "PICKAPIC_DATASET_SHARD_MISSING",
      `Split ${split} mixes the files of two exports (${shards[0]?.name} and ${odd.name})`,
      "keep those of one",
    );
  }
  for (let index = 0; index < count; index++) {
    if (shards[index]?.index !== index) {
      const missing = shardPath(split, index, count);
      throw new DatasetError(
        "PICKAPIC_DATASET_SHARD_MISSING",
        `Split ${split} has ${shards.length} of ${count} files; ${missing} is missing`,
        "copy or download it again",
      );
    }
  }
  return shards.map(({ name }) => name);
}

/** Finds the shards of a folder by split, in `data/` or in the folder itself; paths are relative to the folder. */
export async function findShards(folder: string): Promise<Map<Split, string[]>> {
  const names = await list(folder);
  const inData = names.includes(DATA_FOLDER) ? await list(join(folder, DATA_FOLDER)) : [];
  const [names_, prefix] = inData.some(isShardName) ? [inData, `${DATA_FOLDER}/`] : [names, ""];
  const shards = groupShards(names_);
  if (shards.size === 0) {
    throw new DatasetError(
      "PICKAPIC_DATASET_NOT_A_DATASET",
      folder,
      `it has no files such as ${shardPath("train", 0, 1)}; give the folder that \`pickapic dataset export\` wrote, or make one of other files with \`pickapic dataset import\``,
    );
  }
  return new Map([...shards].map(([split, files]) => [split, files.map((file) => prefix + file)]));
}

/** Begins the name of a file that programs read as rows of a split, as `datasets` of Python does by the patterns of the card. */
const OF_SPLIT = new RegExp(`^(${SPLITS.join("|")})-`);

/** Files in `data/` that other programs would read as rows of a split though they are no shards of ours, by their path inside the folder. */
export async function strayFiles(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, DATA_FOLDER)).catch(() => []);
  return names.filter((name) => OF_SPLIT.test(name) && !isShardName(name)).map((name) => `${DATA_FOLDER}/${name}`);
}

/** Lists a folder; throws a clear error when there is none. */
async function list(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => undefined);
  if (!found)
    throw new DatasetError("PICKAPIC_DATASET_NOT_FOUND", folder, "is not there: expected a dataset folder; check the path");
  if (!found.isDirectory()) {
    throw new DatasetError(
      "PICKAPIC_DATASET_NOT_A_DATASET",
      folder,
      `it is a file, but a dataset is a folder with Parquet files in ${DATA_FOLDER}/`,
    );
  }
  return readdir(folder);
}
