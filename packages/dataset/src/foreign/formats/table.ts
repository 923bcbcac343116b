/** @file Any table of pairs, read by what its columns mean: the vocabulary of `dataset from-csv`. */

import { shown } from "@pickapic/errors";
import { type PairColumns, pairColumns } from "../../tables/pairColumns.ts";
import { draftOf, pictureCells } from "../../tables/pairRows.ts";
import { firstNumberOf } from "../../tables/pairs.ts";
import { type Candidate, choiceOf, choiceOfLabels, type FirstNumber } from "../../tables/winner.ts";
import { FAULT, type ForeignCells, type ForeignFile } from "../file.ts";
import { type Format, type Judgement, perRow, type Unreadable, unreadable } from "./format.ts";

/** The reader of any other table. */
export const TABLE: Format = {
  recognises: () => true,
  async *read(file, { firstNumber }) {
    const columns = pairColumns(file.path, null, file.columns);
    const first = firstNumber ?? (await countedFrom(file, columns));
    yield* perRow((cells) => judgementOf(cells, columns, first))(file, {});
  },
};

/** The longest cell that may be a number of an image, characters. */
const LONGEST_NUMBER = 8;

/** Reads the column of choices, because the whole table decides whether its numbers count from 0 or from 1. */
async function countedFrom(file: ForeignFile, columns: PairColumns): Promise<FirstNumber> {
  const told = new Map<string, Candidate>();
  for await (const cells of file.rows(file.columns)) {
    if (cells[FAULT] !== undefined) continue;
    const draft = draftIn(cells, columns);
    if (draft.choice.length <= LONGEST_NUMBER && !told.has(draft.choice)) told.set(draft.choice, draft);
  }
  return firstNumberOf([...told.values()], columns, file.path);
}

const draftIn = (values: ForeignCells, columns: PairColumns) =>
  draftOf({ row: 0, number: 0, where: "", head: null, problem: null, values }, columns);

function judgementOf(cells: ForeignCells, columns: PairColumns, first: FirstNumber): readonly Judgement[] | Unreadable {
  const draft = draftIn(cells, columns);
  const { labels, choice: written } = draft;
  const choice = columns.choice === "first" ? 0 : labels ? choiceOfLabels(...labels) : choiceOf(draft, columns.images, first);
  if (choice === undefined)
    return unreadable(
      "LABELS",
      labels
        ? `the labels must be 1 and 0, 0 and 1, or 0.5 and 0.5, but they are ${labels.map((each) => shown(each)).join(" and ")}`
        : `the choice must be a, b or tie, a number, a file or a model; got ${shown(written)}`,
    );
  if (columns.person !== null && draft.person === "") return unreadable("CELL_EMPTY", `${columns.person} must say who chose, but it is empty`); // biome-ignore format: a sentence
  return [
    {
      caption: draft.prompt,
      pictures: pictureCells(cells, columns),
      choice,
      models: columns.models ? draft.models : null,
      person: columns.person === null ? null : draft.person,
      createdAt: null,
      share: null,
    },
  ];
}
