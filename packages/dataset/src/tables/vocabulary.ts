/** @file Names of the columns of a table: one vocabulary for every table of prompts, images and choices. */

/** Normalises a column name: "Image A", "imageA" and "IMAGE-A" become "image_a". */
export function canonical(name: string): string {
  return name
    .trim()
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
    .replaceAll(/^_+|_+$/g, "");
}

/** Columns by normalised name; the values are the names as the table spells them. Of two alike the first counts. */
export function byCanonical(names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of names) if (!found.has(canonical(name))) found.set(canonical(name), name);
  return found;
}

/** Names of the prompt's column. Here and below, the first one that a table has counts. */
export const PROMPT_NAMES = ["prompt", "caption", "text", "prompt_text", "description"];

/** Names of a column with one image, or with a list of them. */
export const IMAGE_NAMES = ["image", "images", "image_path", "file_name", "filename", "file", "path", "jpg", "img", "picture"];

/** How the two images of a pair are distinguished, in the order of search. */
const SIDES = [["a", "b"], ["0", "1"], ["1", "2"], ["left", "right"], ["first", "second"]] as const; // biome-ignore format: a table

const NOUNS = ["image", "img", "picture", "jpg", "path", "file"];

/** Matches the name of one of several image columns, such as image_0, image1, img_b_path, left_image. */
const IMAGE_OF_SEVERAL =
  /^(?:image|img|picture|jpg|path|file)(?:_?[0-9]{1,3}|_[a-z]|_(?:left|right|first|second))(?:_path|_file|_file_?name)?$|^(?:left|right|first|second)_(?:image|img|picture)$/;

/** Pairs of column names that mean images even without the word. */
const BARE_PAIRS = [["left", "right"], ["a", "b"]] as const; // biome-ignore format: a table

/** Pairs of column names in which the first column has the preferred image. */
const PREFERRED_PAIRS = [["chosen", "rejected"], ["image_chosen", "image_rejected"], ["chosen_image", "rejected_image"], ["image_win", "image_lose"], ["preferred", "rejected"]] as const; // biome-ignore format: a table

/** The two columns of a pair. */
export type Pair = readonly [string, string];

/** The pair of image columns, as the table spells them; undefined when there is none. */
export function imagePairOf(columns: ReadonlyMap<string, string>): Pair | undefined {
  return spelled(columns, pairNames()) ?? spelled(columns, BARE_PAIRS);
}

/** A pair whose first image is the preferred one, as the table spells it. */
export function preferredPairOf(columns: ReadonlyMap<string, string>): Pair | undefined {
  return spelled(columns, PREFERRED_PAIRS);
}

function* pairNames(): Generator<Pair> {
  for (const [first, second] of SIDES)
    for (const noun of NOUNS)
      for (const end of ["", "_path", "_file", "_filename", "_file_name"]) {
        yield [`${noun}_${first}${end}`, `${noun}_${second}${end}`];
        if (/\d/.test(first)) yield [`${noun}${first}${end}`, `${noun}${second}${end}`];
        else if (first.length > 1 && end === "") yield [`${first}_${noun}`, `${second}_${noun}`];
      }
}

function spelled(columns: ReadonlyMap<string, string>, pairs: Iterable<Pair>): Pair | undefined {
  for (const [first, second] of pairs) {
    const [a, b] = [columns.get(first), columns.get(second)];
    if (a !== undefined && b !== undefined) return [a, b];
  }
  return undefined;
}

/** If only half of a pair exists: [existing, missing]. */
export function halfPairOf(columns: ReadonlyMap<string, string>): Pair | undefined {
  for (const [first, second] of [...pairNames(), ...BARE_PAIRS]) {
    if (columns.has(first)) return [first, second];
    if (columns.has(second)) return [second, first];
  }
  return undefined;
}

/** All image columns of a table with any number of images per row, as the table spells them. */
export function imageColumnsOf(columns: ReadonlyMap<string, string>): string[] {
  const several = [...columns].filter(([name]) => IMAGE_OF_SEVERAL.test(name)).map(([, name]) => name);
  if (several.length > 0) return several;
  const pair = preferredPairOf(columns) ?? spelled(columns, BARE_PAIRS);
  if (pair) return [...pair];
  const one = firstOf(columns, IMAGE_NAMES);
  return one === undefined ? [] : [one];
}

/** The first of these names that the table has, as the table spells it. */
export function firstOf(columns: ReadonlyMap<string, string>, names: readonly string[]): string | undefined {
  const found = names.find((name) => columns.has(name));
  return found === undefined ? undefined : columns.get(found);
}

/** Names of the column that tells the preferred image. */
export const CHOICE_NAMES = [
  ...["choice", "preferred", "preference", "winner", "chosen", "label", "answer", "vote", "selected", "human_preference"],
  ...["result", "outcome", "best", "best_image", "preferred_image", "winning_image", "best_image_uid"],
];

/** Names of the column that tells who chose. */
export const PERSON_NAMES = [
  "user",
  "user_id",
  "judge",
  "judge_id",
  "annotator",
  "annotator_id",
  "rater",
  "rater_id",
  "worker_id",
  "person",
];

/** Further columns that exist once for each image of a pair. */
type Companion = "label" | "model" | "image_uid" | "image_url";

/**
 * The columns label_0 and label_1, or of another kind, with the names that match the image columns, else with other usual names.
 */
export function companionsOf(columns: ReadonlyMap<string, string>, companion: Companion, sides: Pair): Pair | undefined {
  const named = (side: string) => (companion.startsWith("image_") ? companion.replace("_", `_${side}_`) : `${companion}_${side}`);
  return spelled(
    columns,
    [sides, ...SIDES].map(([first, second]) => [named(first), named(second)] as const),
  );
}

/** "0" and "1" for image_0 and image_1: how a pair distinguishes its two sides. */
export function sidesOf([first, second]: Pair): Pair {
  return [sideOf(first), sideOf(second)];
}

function sideOf(name: string): string {
  const words: readonly string[] = SIDES.flat();
  const part = canonical(name)
    .split("_")
    .findLast((each) => words.includes(each) || /\d$/.test(each));
  return /\d+$/.exec(part ?? "")?.[0] ?? part ?? "";
}
