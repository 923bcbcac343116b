/** @file The rules of a row, checked on columns: which row breaks one. What it breaks, `problemsOf` says. */

import type { Block, ColumnData } from "../columns/block.ts";
import type { TextDictionary } from "../columns/dictionary.ts";
import { type ColumnName, NO_WINNER } from "../row.ts";
import { JUDGED } from "./consistency.ts";

type Texts = Extract<ColumnData, { kind: "texts" }>;

/** Returns the first row of a block that breaks a rule of `problemsOf` whose severity is "error"; undefined when none does. */
export function brokenRow(block: Block): number | undefined {
  const { columns, length } = block;
  for (const name of JUDGED) {
    const data = columns.get(name);
    for (let row = 0; row < length; row++) if (isNull(data, row)) return row;
  }
  const number = (name: ColumnName) => {
    const data = columns.get(name);
    return data?.kind === "numbers" ? data.values : new Float64Array();
  };
  const [label0, label1, labelled, different] = [
    number("label_0"),
    number("label_1"),
    number("has_label"),
    number("are_different"),
  ];
  const isBlank = perCode(columns.get("caption"), (text) => text.trim() === "");
  const isNone = perCode(columns.get("best_image_uid"), (text) => text === NO_WINNER);
  const sameModel = sameText(columns.get("model_0"), columns.get("model_1"));
  const bests = [0, 1].map((i) => sameText(columns.get("best_image_uid"), columns.get(i === 0 ? "image_0_uid" : "image_1_uid")));
  for (let row = 0; row < length; row++) {
    const [a, b] = [label0[row] ?? Number.NaN, label1[row] ?? Number.NaN];
    const tie = a === 0.5 && b === 0.5;
    if (!(tie || (a === 1 && b === 0) || (a === 0 && b === 1))) return row;
    if ((labelled[row] === 1) === tie) return row;
    if ((different[row] === 1) === sameModel(row)) return row;
    if (isBlank(row) || !(tie ? isNone(row) : bests[a === 1 ? 0 : 1]?.(row))) return row;
  }
  return undefined;
}

function isNull(data: ColumnData | undefined, row: number): boolean {
  if (data === undefined) return true;
  if (data.kind === "texts") return (data.codes[row] ?? -1) < 0;
  if (data.kind === "pictures") return data.values[row] === null;
  return data.present?.[row] === 0;
}

/** Asks a question about each different text once. */
function perCode(data: ColumnData | undefined, test: (text: string) => boolean): (row: number) => boolean {
  if (data?.kind !== "texts") return () => false;
  const { codes, dictionary } = data;
  const answers = new Uint8Array(dictionary.size);
  return (row) => {
    const code = codes[row] ?? 0;
    if (answers[code] === 0) answers[code] = test(dictionary.text(code)) ? 1 : 2;
    return answers[code] === 1;
  };
}

/** Whether two columns have the same text in a row. Codes of one dictionary, or of one that extends it, are compared as numbers. */
function sameText(left: ColumnData | undefined, right: ColumnData | undefined): (row: number) => boolean {
  if (left?.kind !== "texts" || right?.kind !== "texts") return () => false;
  if (rootOf(left) === rootOf(right)) return (row) => left.codes[row] === right.codes[row];
  return (row) => left.dictionary.text(left.codes[row] ?? 0) === right.dictionary.text(right.codes[row] ?? 0);
}

const rootOf = ({ dictionary }: Texts): TextDictionary => dictionary.root ?? dictionary;
