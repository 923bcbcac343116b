/**
 * @file Interprets the cell that names the preferred image. A number is the position of the image, counted from 0 or from 1; the
 * whole table decides which.
 */

import { spellingsOf } from "./paths.ts";
import { canonical, type Pair } from "./vocabulary.ts";

/** The preferred image of a row: 0 is the first one, 1 the second one, whatever number the table counts from. */
export type Choice = 0 | 1 | "tie";
/** The number of the first image. */
export type FirstNumber = 0 | 1;

/** What is needed of a row to find its winner. */
export interface Candidate {
  /** The cell, trimmed. */
  readonly choice: string;
  /** What may name each image besides its column: its path as written, then its uid and its model if the table has them. */
  readonly paths: Pair;
  readonly uids: Pair;
  readonly models: Pair;
}

const SIDES: Readonly<Record<string, 0 | 1>> = {
  ...{ a: 0, left: 0, first: 0, "1st": 0, "a>b": 0, "a>>b": 0 },
  ...{ b: 1, right: 1, second: 1, "2nd": 1, "a<b": 1, "a<<b": 1, "b>a": 1, "b>>a": 1 },
};

const TIES: ReadonlySet<string> = new Set([
  ...["tie", "tied", "draw", "equal", "equally good", "equally bad", "same", "no preference", "neutral", "a=b"],
  ...["both", "both good", "both bad", "bothgood", "bothbad", "neither", "none", "none is better", "no winner"],
]);

/** What may precede a side or a number: "image_a", "Model B", "option 1". */
const NOUN = /^(?:image|img|picture|model|option|candidate|response|output|side)[\s_-]*(?=[a-z0-9])/;
const NOUN_BEHIND = / (?:image|picture|one)$/;
/** What may follow it: "Tie (both good)", "A is better". */
const REMARK = / ?(?:\(.*\)|(?:is |are )?(?:better|preferred)|wins)$/;
/** Programs with decimals only write 1.0, or 1,0 in half of Europe. */
const PLACE = /^([0-9])(?:[.,]0+)?$/;
/** A tie as a number between the images 0 and 1. */
const HALF = /^0?[.,]50*$/;

/** Interprets a choice; returns a digit for a number, undefined for anything else. */
function meaningOf(row: Candidate, names: Pair): Choice | { readonly digit: number } | undefined {
  const { choice, paths } = row;
  if (paths[0] !== paths[1] && paths.includes(choice)) return choice === paths[0] ? 0 : 1;
  const column = names.map(canonical).indexOf(canonical(choice));
  if (column === 0 || column === 1) return column;
  const word = choice
    .toLowerCase()
    .replaceAll(/[\s_]+|(?<=\w)-(?=\w)/g, " ")
    .replace(REMARK, "");
  if (TIES.has(word) || HALF.test(word)) return "tie";
  const side = word
    .replace(NOUN, "")
    .replace(NOUN_BEHIND, "")
    .replaceAll(/[[\]\s]/g, "");
  if (Object.hasOwn(SIDES, side)) return SIDES[side];
  const digit = PLACE.exec(side)?.[1];
  return digit === undefined ? namedBy(row) : { digit: Number(digit) };
}

/** Returns the image whose file, uid or model the choice names, if the other image's differs. */
function namedBy({ choice, paths, uids, models }: Candidate): 0 | 1 | undefined {
  const only = (wanted: string, [first, second]: Pair): 0 | 1 | undefined => {
    if (wanted === "" || first === second) return undefined;
    return wanted === first ? 0 : wanted === second ? 1 : undefined;
  };
  const [a, b] = paths.map(spellingsOf);
  const byFile = spellingsOf(choice).map((wanted, i) => only(wanted, [a?.[i] ?? "", b?.[i] ?? ""]));
  return byFile.find((found) => found !== undefined) ?? only(choice, uids) ?? only(choice, models);
}

/** Undefined when the choice means nothing. */
export function choiceOf(row: Candidate, names: Pair, first: FirstNumber): Choice | undefined {
  const meaning = meaningOf(row, names);
  if (typeof meaning !== "object") return meaning;
  const index = meaning.digit - first;
  return index === 0 || index === 1 ? index : undefined;
}

/**
 * Returns the number of the first image: that of its column (image_0, image_1); else 0 if the table has a 0 or 0.5, and 1 if it
 * has a 2. Under image_1 and image_2 a lone 1 is the first image, unless the table has a 0. Null when only 1 occurs, or both 0
 * and 2, so that either is possible.
 */
export function firstNumber(rows: readonly Candidate[], names: Pair): FirstNumber | null {
  const numbers = new Set<number>();
  for (const row of rows) {
    const meaning = meaningOf(row, names);
    if (typeof meaning === "object") numbers.add(meaning.digit);
    if (HALF.test(row.choice)) numbers.add(0);
  }
  const column = /(\d)\D*$/.exec(canonical(names[0]))?.[1];
  if (column === "0") return 0;
  if (numbers.has(0)) return numbers.has(2) ? null : 0;
  if (numbers.has(2) || column === "1") return 1;
  return numbers.has(1) ? null : 0;
}

/**
 * Returns the choice of two labels: 1 and 0, 0 and 1, or 0.5 and 0.5 (also with a decimal comma); undefined for anything else.
 */
export function choiceOfLabels(first: string, second: string): Choice | undefined {
  const [a, b] = [labelIn(first.toLowerCase()), labelIn(second.toLowerCase())];
  if (a === 0.5 && b === 0.5) return "tie";
  if (a === 1 && b === 0) return 0;
  return a === 0 && b === 1 ? 1 : undefined;
}

/** The number that a label in lower case says; NaN for one that is empty or says none. */
function labelIn(text: string): number {
  if (text === "") return Number.NaN;
  if (text === "true") return 1;
  return text === "false" ? 0 : Number(text.replace(",", "."));
}
