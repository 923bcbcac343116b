/** @file A table of pairs (prompt, two images, choice) as a source of rankings. */

import { stat } from "node:fs/promises";
import { DatasetError } from "../errors.ts";
import { nanosecondsOf } from "../row.ts";
import { mapAhead } from "../sequences.ts";
import { memorySource, type PreferenceSource } from "../source.ts";
import type { Progress } from "../write/publish.ts";
import { openTableFile } from "./open.ts";
import { type PairColumns, pairColumns, usedColumns } from "./pairColumns.ts";
import { type Answer, answerOf, type Draft, draftOf, pictureCells } from "./pairRows.ts";
import { bytesIn, type PictureCell, TablePictures } from "./pictures.ts";
import { RankingTable } from "./rankings.ts";
import { Faults, tableInvalid } from "./refused.ts";
import type { TableReader, TableRow } from "./row.ts";
import { type Candidate, type FirstNumber, firstNumber } from "./winner.ts";

/** The rankings of a table of pairs, ready for `writeDataset`, with sentences for the person who imports it. */
export interface PairsSource extends PreferenceSource {
  /** Sentences about what was guessed, what was left out, and what may be an oversight. */
  readonly warnings: readonly string[];
  /** Rows left out because a picture is missing. */
  readonly skipped: number;
}

/** How to read a table of pairs. Everything has a default, so that `pairsSource` works without settings. */
export interface PairsSettings {
  /** The number in the column `choice` that means the first image. Default: what the table tells. */
  readonly firstNumber?: FirstNumber;
  /** Whether to leave out rows with a missing picture. Default: that is an error. */
  readonly skipMissing?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Rows whose pictures are read and decoded at the same time. */
const AHEAD = 4;

/**
 * Reads a table of pairs: separated text, JSON Lines, JSON or Parquet, with the columns prompt, image_a, image_b, choice (other
 * names: README). Every row is checked and every picture decoded first, and all faults are reported at once with their lines.
 * Without a column `user`, each prompt counts as a person, so that prompts can be held out.
 * @throws {DatasetError} NOT_FOUND, TABLE_INVALID, EMPTY, IMAGE_MISSING, IMAGE_INVALID
 */
export async function pairsSource(file: string, settings: PairsSettings = {}): Promise<PairsSource> {
  const { skipMissing = false, signal, onProgress } = settings;
  const reader = await openTableFile(file);
  const { columns, drafts, problems } = await readDrafts(reader, signal);
  const first = settings.firstNumber ?? firstNumberOf(drafts, columns, file);
  const faults = new Faults(file);
  const missing: string[] = [];
  const onMissing = (where: string, problem: string) => missing.push(`${where}: ${problem}`);
  const answers: Answer[] = [];
  for (const [i, draft] of drafts.entries()) {
    signal?.throwIfAborted();
    const answer = await answerOf(draft, problems[i] ?? null, { file, columns, first, skipMissing, onMissing }, faults);
    if (answer) answers.push(answer);
  }
  faults.throwIfAny("Leave out the rows whose picture is missing with --skip-missing.");
  if (answers.length === 0)
    throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${file}: of each of its ${drafts.length} pairs a picture is missing.`);
  const pictures = new TablePictures();
  const table = new RankingTable(faults, columns.person !== null, nanosecondsOf((await stat(file)).mtime));
  let done = 0;
  for await (const { answer, uids } of mapAhead(withCells(reader, answers, columns), AHEAD, (each) => uidsOf(each, pictures))) {
    signal?.throwIfAborted();
    if ("problem" in uids) faults.add(answer.where, uids.problem, "PICKAPIC_DATASET_IMAGE_INVALID");
    else table.add(answer, uids.both);
    onProgress?.({ done: ++done, total: answers.length, unit: "pairs" });
  }
  faults.throwIfAny();
  return {
    ...memorySource(table.records, (uid) => pictures.read(uid)),
    warnings: [...reader.notes, ...skippedWarning(missing), ...table.warnings()],
    skipped: missing.length,
  };
}

/** Reads all rows without their pictures. */
async function readDrafts(reader: TableReader, signal: AbortSignal | undefined) {
  const { file } = reader;
  const rows: TableRow[] = [];
  const names = new Set<string>();
  let columns: PairColumns | undefined;
  const drafts: Draft[] = [];
  const fixed = reader.kinds ? pairColumns(file, null, [...reader.kinds.keys()]) : undefined;
  for await (const row of reader.rows(fixed && (() => usedColumns(fixed)))) {
    signal?.throwIfAborted();
    if (fixed) {
      drafts.push(draftOf(row, fixed));
      continue;
    }
    rows.push(row);
    if (row.row === 1 || row.head === null) for (const name of Object.keys(row.values)) names.add(name);
  }
  if (drafts.length + rows.length === 0)
    throw new DatasetError("PICKAPIC_DATASET_EMPTY", `${file}: expected a header and at least one pair below it.`);
  if (!fixed && names.size === 0) refuseRows(file, rows);
  columns = fixed ?? pairColumns(file, rows[0]?.head ?? null, [...names]);
  for (const row of rows) drafts.push(draftOf(row, columns));
  return { columns, drafts, problems: rows.map(({ problem }) => problem) };
}

/** Throws the faults of a table in which no row could be read; without faults it returns. */
function refuseRows(file: string, rows: readonly TableRow[]): void {
  const faults = new Faults(file);
  for (const { where, problem } of rows) if (problem !== null) faults.add(where, problem);
  faults.throwIfAny();
}

/** The number that means the first image. @throws {DatasetError} TABLE_INVALID when the table does not say it */
export function firstNumberOf(drafts: readonly Candidate[], columns: PairColumns, file: string): FirstNumber {
  if (columns.choice === "first" || "labels" in columns.choice) return 0;
  const first = firstNumber(drafts, columns.images);
  if (first !== null) return first;
  throw tableInvalid(
    file,
    "the numbers in the column of choices may count the images from 0 or from 1, and the table does not say which " +
      "(expected 0 and 1, or 1 and 2): write a and b, or say it with --first-number 0 or --first-number 1",
  );
}

interface Shown {
  readonly answer: Answer;
  readonly pictures: readonly [PictureCell, PictureCell];
}

/** Yields the answers with their pictures. Cells with bytes are read again, a few rows at a time. */
async function* withCells(reader: TableReader, answers: readonly Answer[], columns: PairColumns): AsyncGenerator<Shown> {
  const picture = (answer: Answer, side: 0 | 1, cells: readonly [unknown, unknown]): PictureCell => {
    const name = answer.paths[side] || `${columns.images[side]} of ${answer.where}`;
    const path = answer.files[side];
    if (path !== null) return { name, path };
    const again = async () => {
      const column = columns.list ?? columns.images[side];
      const values = { [column]: await reader.cell?.(answer.row, column) };
      return bytesIn(pictureCells(values, columns)[side]) ?? new Uint8Array();
    };
    return { name, bytes: bytesIn(cells[side]) ?? new Uint8Array(), again };
  };
  const shown = (answer: Answer, cells: readonly [unknown, unknown]): Shown => ({
    answer,
    pictures: [picture(answer, 0, cells), picture(answer, 1, cells)],
  });
  if (!answers.some(({ inTable }) => inTable.includes(true))) {
    for (const answer of answers) yield shown(answer, [undefined, undefined]);
    return;
  }
  const byRow = new Map(answers.map((answer) => [answer.row, answer]));
  for await (const { row, values } of reader.rows(() => (columns.list === null ? columns.images : [columns.list]))) {
    const answer = byRow.get(row);
    if (answer) yield shown(answer, pictureCells(values, columns));
  }
}

async function uidsOf({ answer, pictures: [a, b] }: Shown, pictures: TablePictures) {
  const [first, second] = [await pictures.uidOf(a), await pictures.uidOf(b)];
  if ("problem" in first) return { answer, uids: first };
  if ("problem" in second) return { answer, uids: second };
  return { answer, uids: { both: [first.uid, second.uid] as const } };
}

function skippedWarning(missing: readonly string[]): string[] {
  const [first] = missing;
  if (first === undefined) return [];
  return [
    `${missing.length === 1 ? "1 row was" : `${missing.length} rows were`} left out, since a picture is missing (the first: ${first}).`,
  ];
}
