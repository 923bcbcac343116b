/** @file The rules of a row, checked on columns: which row breaks one. What it breaks, `problemsOf` says. */

import { type Block, type ColumnData, isNullAt } from "../columns/block.ts";
import type { TextDictionary } from "../columns/dictionary.ts";
import { NO_WINNER } from "../row.ts";
import { JUDGED } from "./consistency.ts";

type Texts = Extract<ColumnData, { kind: "texts" }>;

/** Returns the first row of a block that breaks a rule of `problemsOf` whose severity is "error"; undefined when none does. */
export function brokenRow(block: Block): number | undefined {
  const { columns, length } = block;
  for (const name of JUDGED) {
    const row = firstNull(columns.get(name), length);
    if (row !== undefined) return row;
  }
  const [label0, label1] = [numberAt(columns.get("label_0")), numberAt(columns.get("label_1"))];
  const [labelled, different] = [numberAt(columns.get("has_label")), numberAt(columns.get("are_different"))];
  const isBlank = perCode(columns.get("caption"), (text) => text.trim() === "");
  const isNone = perCode(columns.get("best_image_uid"), (text) => text === NO_WINNER);
  const sameModel = sameText(columns.get("model_0"), columns.get("model_1"));
  const bests = [0, 1].map((i) => sameText(columns.get("best_image_uid"), columns.get(i === 0 ? "image_0_uid" : "image_1_uid")));
  for (let row = 0; row < length; row++) {
    const [a, b] = [label0(row), label1(row)];
    const tie = a === 0.5 && b === 0.5;
    if (!(tie || (a === 1 && b === 0) || (a === 0 && b === 1))) return row;
    if ((labelled(row) === 1) === tie) return row;
    if ((different(row) === 1) === sameModel(row)) return row;
    if (isBlank(row) || !(tie ? isNone(row) : bests[a === 1 ? 0 : 1]?.(row))) return row;
  }
  return undefined;
}

/** The first row without a value. Rows are looked at only where a value is null at all. */
function firstNull(data: ColumnData | undefined, length: number): number | undefined {
  if (data === undefined) return length > 0 ? 0 : undefined;
  if (data.kind !== "pictures" && data.kind !== "texts" && !data.present) return undefined;
  if (data.of && data.kind === "texts" && !data.codes.some((code) => code < 0)) return undefined;
  for (let row = 0; row < length; row++) if (isNullAt(data, row)) return row;
  return undefined;
}

function numberAt(data: ColumnData | undefined): (row: number) => number {
  if (data?.kind !== "numbers") return () => Number.NaN;
  const { values, of } = data;
  return of ? (row) => values[of[row] ?? 0] ?? Number.NaN : (row) => values[row] ?? Number.NaN;
}

function codeAt({ codes, of }: Texts): (row: number) => number {
  return of ? (row) => codes[of[row] ?? 0] ?? -1 : (row) => codes[row] ?? -1;
}

/** Asks a question about each different text once. */
function perCode(data: ColumnData | undefined, test: (text: string) => boolean): (row: number) => boolean {
  if (data?.kind !== "texts") return () => false;
  const { dictionary } = data;
  const codeOf = codeAt(data);
  const answers = new Uint8Array(dictionary.size);
  return (row) => {
    const code = codeOf(row);
    if (answers[code] === 0) answers[code] = test(dictionary.text(code)) ? 1 : 2;
    return answers[code] === 1;
  };
}

/** Whether two columns have the same text in a row. Codes of one dictionary, or of one that extends it, are compared as numbers. */
function sameText(left: ColumnData | undefined, right: ColumnData | undefined): (row: number) => boolean {
  if (left?.kind !== "texts" || right?.kind !== "texts") return () => false;
  const [leftCode, rightCode] = [codeAt(left), codeAt(right)];
  if (rootOf(left) === rootOf(right)) return (row) => leftCode(row) === rightCode(row);
  return (row) => left.dictionary.text(leftCode(row)) === right.dictionary.text(rightCode(row));
}

const rootOf = ({ dictionary }: Texts): TextDictionary => dictionary.root ?? dictionary;
