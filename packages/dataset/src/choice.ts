/** @file What the cell `choice` of a table means. Numbers are the place of the image, counted from 0 or from 1: the whole table says which. */

export type Choice = 0 | 1 | "tie";
/** The number of the first image. */
export type FirstNumber = 0 | 1;

const WORDS: Readonly<Record<string, Choice>> = {
  ...{ a: 0, left: 0, first: 0 },
  ...{ b: 1, right: 1, second: 1 },
  ...{ tie: "tie", equal: "tie", same: "tie", draw: "tie", both: "tie", neither: "tie", none: "tie", "0.5": "tie" },
};
/** Programs that know only decimals write 1.0. */
const PLACE = /^([0-9])(?:\.0)?$/;

/** Rows of a table, as far as the choice needs them. */
interface Candidate {
  readonly choice: string;
  readonly paths: readonly [string, string];
}

/** What a choice means by the name of a column or file, or as a word; the digit for a number; undefined for anything else. */
function meaningOf({ choice, paths }: Candidate, names: readonly [string, string]): Choice | { digit: number } | undefined {
  const word = choice.toLowerCase();
  if (paths[0] !== paths[1] && paths.includes(choice)) return choice === paths[0] ? 0 : 1;
  if (names.includes(word)) return word === names[0] ? 0 : 1;
  if (Object.hasOwn(WORDS, word)) return WORDS[word]!;
  const digit = PLACE.exec(word)?.[1];
  return digit === undefined ? undefined : { digit: Number(digit) };
}

/** Undefined for what means nothing. */
export function choiceOf(row: Candidate, names: readonly [string, string], first: FirstNumber): Choice | undefined {
  const meaning = meaningOf(row, names);
  if (typeof meaning !== "object") return meaning;
  const place = meaning.digit - first;
  return place === 0 || place === 1 ? place : undefined;
}

/**
 * The number of the first image: that of its column (image_0, image_1); else a 0 or 0.5 says 0, and a 2 says 1. Under image_1 and image_2 a
 * lone 1 is the first, too, but a 0 in the table says otherwise. null: only 1 is there, and it may be either; or both 0 and 2 are.
 */
export function firstNumber(rows: readonly Candidate[], names: readonly [string, string]): FirstNumber | null {
  const numbers = new Set<number>();
  for (const row of rows) {
    const meaning = meaningOf(row, names);
    if (typeof meaning === "object") numbers.add(meaning.digit);
    if (row.choice === "0.5") numbers.add(0);
  }
  if (names[0].endsWith("_0")) return 0;
  if (numbers.has(0)) return numbers.has(2) ? null : 0;
  if (numbers.has(2) || names[0].endsWith("_1")) return 1;
  return numbers.has(1) ? null : 0;
}
