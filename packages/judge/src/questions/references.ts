/** @file Which image a few words name: "image 2", "the second picture", "B", "left". */

/** A reference to an image: its position, counted from 1, or from 0 where the words count so. */
export interface Reference {
  readonly number: number;
  /** True for words that can only count from 1, such as "first" and "A". */
  readonly isOrdinal: boolean;
}

const THING = "(?:images?|pictures?|photos?|options?|candidates?|outputs?|generations?)";
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
const SIDES = ["left", "right"];
const SHORT_ORDINALS = ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th"];

/** The reference that a whole text is: a value such as "image_1", "2", "B", "second" or "left". Null when it is none. */
export function referenceOf(text: string): Reference | null {
  const words = text.trim().replace(/[:.]$/, "").replaceAll(/[_-]/g, " ").replaceAll(/\s+/g, " ");
  const [, bare] = new RegExp(`^(?:the )?(?:${THING} ?)?#?(\\d{1,3}|[A-Ha-h])$`, "i").exec(words) ?? [];
  if (bare !== undefined) return numbered(bare);
  const [, ordinal] = new RegExp(`^(?:the )?([a-z0-9]+)(?: (?:${THING}|one))?$`, "i").exec(words) ?? [];
  return ordinal === undefined ? null : ordinalOf(ordinal);
}

/** The references in a sentence, and the sentence with each replaced by " #n ", where n is its index in the list. */
export function referencesIn(text: string): { readonly found: Reference[]; readonly rest: string } {
  const found: Reference[] = [];
  const mark = (reference: Reference | null, whole: string) => {
    if (!reference) return whole;
    found.push(reference);
    return ` #${found.length - 1} `;
  };
  const ordinals = [...ORDINALS, ...SIDES, ...SHORT_ORDINALS].join("|");
  const rest = text.replaceAll(
    // A letter counts as a reference only in capitals, because "a" is an article.
    new RegExp(
      `\\b(?:the )?(?:[Ii]mage|[Pp]icture|[Pp]hoto|[Oo]ption|[Cc]andidate|[Oo]utput|[Gg]eneration)[ _-]?#?(\\d{1,3}|[A-H])\\b|\\b(?:[Tt]he )?(${ordinals}|${ordinals.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())})(?: (?:image|picture|photo|option|candidate|one))?\\b`,
      "g",
    ),
    (whole: string, number: string | undefined, ordinal: string | undefined) =>
      mark(number === undefined ? ordinalOf(ordinal ?? "") : numbered(number), whole),
  );
  return { found, rest };
}

function numbered(text: string): Reference {
  if (/^\d/.test(text)) return { number: Number(text), isOrdinal: false };
  return { number: text.toLowerCase().charCodeAt(0) - 96, isOrdinal: true };
}

function ordinalOf(word: string): Reference | null {
  for (const list of [ORDINALS, SIDES, SHORT_ORDINALS]) {
    const at = list.indexOf(word.toLowerCase());
    if (at >= 0) return { number: at + 1, isOrdinal: true };
  }
  return null;
}

/**
 * The indices, from 0, that references mean among `count` images; null when one of them is no image. Numbers count from 0 when there is a 0 among
 * them.
 */
export function indicesOf(references: readonly Reference[], count: number): number[] | null {
  const base = references.some(({ number, isOrdinal }) => number === 0 && !isOrdinal) ? 0 : 1;
  const indices = references.map(({ number, isOrdinal }) => number - (isOrdinal ? 1 : base));
  return indices.every((index) => index >= 0 && index < count) ? indices : null;
}
