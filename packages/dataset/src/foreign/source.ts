/** @file A dataset of another program as rows of ours, in one pass over all of its splits. */

import { DatasetError } from "../errors.ts";
import { SPLITS, type Split } from "../row.ts";
import { type ForeignColumns, foreignColumns } from "./columns.ts";
import { openForeignFiles } from "./dataFiles.ts";
import type { ForeignFile } from "./file.ts";
import { type BothPictures, foreignPictures, uidOf } from "./pictures.ts";
import { type ForeignRow, foreignRow, type Numbers } from "./row.ts";

/** A row with its split, and its pictures where they were asked for. */
export interface ForeignItem extends ForeignRow {
  readonly split: Split;
  readonly pictures: BothPictures;
}

/** An opened dataset of another program, whose cells are already read by what they mean. */
export interface ForeignSource {
  readonly folder: string;
  /** The splits that it has, in the order of SPLITS. */
  readonly splits: readonly Split[];
  readonly hasImages: boolean;
  /** Sentences about columns that are not there, each with what takes their place. */
  readonly notes: readonly string[];
  count(split: Split): number;
  /** Every row of every split, the same in each pass. */
  read(withPictures: boolean): AsyncGenerator<ForeignItem>;
}

interface Shard {
  readonly file: ForeignFile;
  readonly columns: ForeignColumns;
}

/**
 * Opens a folder or a file of rankings by what its columns mean.
 * @throws {DatasetError} NOT_FOUND, NOT_A_DATASET, SHARD_MISSING, FILE_DAMAGED, COLUMN_MISSING
 */
export async function openForeignSource(folder: string): Promise<ForeignSource> {
  const files = await openForeignFiles(folder);
  const shards = new Map<Split, readonly Shard[]>();
  for (const [split, of] of files)
    shards.set(
      split,
      of.map((file) => ({ file, columns: foreignColumns(file, split) })),
    );
  const all = [...shards.values()].flat();
  const count = (split: Split) => (shards.get(split) ?? []).reduce((sum, { file }) => sum + file.count, 0);
  const splits = SPLITS.filter((split) => shards.has(split));
  if (splits.every((split) => count(split) === 0))
    throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${folder} has files of rankings, but no rows in them.`);
  return {
    folder,
    splits,
    hasImages: all.every(({ columns }) => columns.pictures !== null),
    notes: notesOf(all.map(({ columns }) => columns)),
    count,
    async *read(withPictures) {
      const numbers = new RowNumbers();
      for (const split of splits) {
        numbers.begin();
        for (const shard of shards.get(split) ?? []) yield* readShard(split, shard, withPictures, numbers);
      }
    },
  };
}

async function* readShard(
  split: Split,
  { file, columns }: Shard,
  withPictures: boolean,
  numbers: RowNumbers,
): AsyncGenerator<ForeignItem> {
  // Where pictures have no uids, what is in them says which are the same.
  const needed = withPictures || (columns.uids === null && columns.pictures !== null);
  for await (const cells of file.rows(columnNames(columns, file, needed))) {
    const pictures: BothPictures = needed ? await foreignPictures(cells, columns, file) : [undefined, undefined];
    const uids = needed && columns.uids === null ? ([uidOf(pictures[0]), uidOf(pictures[1])] as const) : null;
    yield { split, pictures, ...foreignRow(cells, columns, file, numbers, uids) };
    numbers.position++;
  }
}

/** All columns but the pictures, which are read only when they are needed. */
function columnNames({ pictures }: ForeignColumns, file: ForeignFile, withPictures: boolean): readonly string[] {
  return withPictures || pictures === null ? file.columns : file.columns.filter((name) => !pictures.includes(name));
}

function notesOf(columns: readonly ForeignColumns[]): string[] {
  const lacks = (test: (of: ForeignColumns) => boolean) => columns.some(test);
  return [
    ...(lacks(({ person }) => person === null) ? ["No column names the people: each prompt counts as a person of its own."] : []),
    ...(lacks(({ models }) => models === null) ? ["No columns name the models: all are called unknown."] : []),
    ...(lacks(({ createdAt }) => createdAt === null) ? ["No column has times: created_at is when the file was written."] : []),
  ];
}

/** Numbers in the order in which people and rankings are met. */
class RowNumbers implements Numbers {
  position = 0n;
  readonly #people = new Map<string, bigint>();
  readonly #rankings = new Map<string, bigint>();
  #seen = new Map<string, number>();

  /** A new split: a ranking that is in it once may be in another one too. */
  begin(): void {
    this.#seen = new Map();
  }

  person(name: string): bigint {
    const known = this.#people.get(name) ?? BigInt(this.#people.size + 1);
    this.#people.set(name, known);
    return known;
  }

  ranking({ caption, person, uids, createdAt }: Parameters<Numbers["ranking"]>[0]): bigint {
    const what = JSON.stringify([caption, String(person), ...uids, String(createdAt)]);
    const times = this.#seen.get(what) ?? 0;
    this.#seen.set(what, times + 1);
    const key = `${times} ${what}`;
    const known = this.#rankings.get(key) ?? BigInt(this.#rankings.size + 1);
    this.#rankings.set(key, known);
    return known;
  }
}
