/** @file A dataset with the columns of the original as rows of ours, in one pass over all of its splits. */

import { DatasetError } from "../errors.ts";
import { SPLITS, type Split } from "../row.ts";
import { type ForeignColumns, foreignColumns } from "./columns.ts";
import type { ForeignFile } from "./file.ts";
import { type BothPictures, foreignPictures, uidOf } from "./pictures.ts";
import { type ForeignRow, foreignRow, type Numbers } from "./row.ts";

/** A row with its split, and its pictures where they were asked for. */
export interface ForeignItem extends ForeignRow {
  readonly split: Split;
  /** Number of the row in its split, from 1. Rows of ours that come from one row have the same. */
  readonly number: number;
  readonly pictures: BothPictures;
  /** Share of many people's votes for image 0, 0...1; null where one person judged. */
  readonly share: number | null;
  /** Rankings that the counted votes on a pair became, at the first of them; 0 elsewhere. */
  readonly repeats: number;
}

/**
 * What a pass reads: "rows" without pictures; "found": a row whose picture is not where it should be has a problem; "bytes": the
 * pictures themselves.
 */
export type Wanted = "rows" | "found" | "bytes";

/** An opened dataset of another program, whose cells are already read by what they mean. */
export interface ForeignSource {
  readonly folder: string;
  /** The splits that it has, in the order of SPLITS. */
  readonly splits: readonly Split[];
  readonly hasImages: boolean;
  /** The name of the export that wrote its files; undefined for files of other programs. */
  readonly exportId?: string | undefined;
  /** Sentences about columns that are not there, each with what takes their place. */
  readonly notes: readonly string[];
  count(split: Split): number;
  /** Every row of every split, the same in each pass. */
  read(wanted: Wanted): AsyncGenerator<ForeignItem>;
}

interface Shard {
  readonly file: ForeignFile;
  readonly columns: ForeignColumns;
}

/**
 * Opens the files of a folder by what their columns mean.
 * @throws {DatasetError} COLUMN_MISSING, EMPTY
 */
export function openForeignSource(folder: string, files: ReadonlyMap<Split, readonly ForeignFile[]>): ForeignSource {
  const shards = new Map<Split, readonly Shard[]>();
  for (const [split, of] of files)
    shards.set(
      split,
      of.map((file) => ({ file, columns: foreignColumns(file, split) })),
    );
  const all = [...shards.values()].flat();
  const count = (split: Split) => (shards.get(split) ?? []).reduce((sum, { file }) => sum + (file.count ?? 0), 0);
  const splits = SPLITS.filter((split) => shards.has(split));
  if (all.every(({ file }) => file.count === 0))
    throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${folder} has files of rankings, but no rows in them.`);
  return {
    folder,
    splits,
    exportId: all[0]?.file.exportId,
    hasImages: all.every(({ columns }) => columns.pictures !== null),
    notes: notesOf(all.map(({ columns }) => columns)),
    count,
    async *read(wanted) {
      const numbers = new RowNumbers();
      for (const split of splits) {
        numbers.begin();
        for (const shard of shards.get(split) ?? []) yield* readShard(split, shard, wanted === "bytes", numbers);
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
    const number = ++numbers.inSplit;
    yield { split, number, pictures, share: null, repeats: 0, ...foreignRow(cells, columns, file, numbers, uids) };
    numbers.position++;
  }
}

/** All columns but the pictures, which are read only when they are needed. */
function columnNames({ pictures }: ForeignColumns, file: ForeignFile, withPictures: boolean): readonly string[] {
  return withPictures || pictures === null ? file.columns : file.columns.filter((name) => !pictures.includes(name));
}

function notesOf(columns: readonly ForeignColumns[]): string[] {
  const lacks = (test: (of: ForeignColumns) => boolean) => columns.some(test);
  return absenceNotes({
    people: lacks(({ person }) => person === null),
    models: lacks(({ models }) => models === null),
    times: lacks(({ createdAt }) => createdAt === null),
  });
}

/** Returns a sentence for everything that a source does not tell, with what takes its place. */
export function absenceNotes(lacks: { readonly people: boolean; readonly models: boolean; readonly times: boolean }): string[] {
  return [
    ...(lacks.people ? ["No column names the people: each prompt counts as a person of its own."] : []),
    ...(lacks.models ? ["No columns name the models: all are called unknown."] : []),
    ...(lacks.times ? ["No column has times: created_at is when the file was written."] : []),
  ];
}

/** Numbers in the order in which people and rankings are met. */
class RowNumbers implements Numbers {
  position = 0n;
  /** Rows of the split so far. */
  inSplit = 0;
  readonly #people = new Map<string, bigint>();
  readonly #rankings = new Map<string, bigint>();
  #seen = new Map<string, number>();

  /** A new split: a ranking that is in it once may be in another one too. */
  begin(): void {
    this.#seen = new Map();
    this.inSplit = 0;
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
