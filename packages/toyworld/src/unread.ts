/** @file Tells the author of a prompt which of its words the toy world leaves out. */

import { type Phrase, parseCaption, phrasesOf } from "./parse.ts";

/** Words that name nothing; leaving them out changes no image. */
const SMALL_WORDS = new Set(
  `a an the and or of in on at to by for from with without into onto over up down off out near beside between behind among around through during
  as is are was were be been being it its he his him she her hers they them their this that these those there here who whom whose which what
  where when while how than then so but not no very really quite just only also too any all both each every other another same own more
  most much many few some several lots lot bit having have has had do does doing can could will would should may might must
  i me my we our us you your`.split(/\s+/),
);

/** Beyond this many words, the rest is counted instead of named. */
const NAMED_AT_MOST = 5;
/** Longer words (an address, a text without blanks) are cut. In characters. */
const LONGEST_WORD = 24;

/**
 * Returns sentences about words that no image of the toy world can show: unknown words, things beyond the second, and prompts
 * that name nothing known. Empty when every word is drawn.
 */
export function unreadSentences(prompt: string): string[] {
  const phrases = phrasesOf(prompt);
  const { things } = parseCaption(prompt);
  const drawn = new Set(things.map(({ object }) => object));
  const left = phrases.filter(
    ({ words, token }) => !SMALL_WORDS.has(words) && !(token?.kind === "object" && drawn.has(token.object)),
  );
  const unknown = named(left.filter(({ token }) => token === null || (token.kind === "object" && token.weak)));
  const surplus = named(left.filter(({ token }) => token?.kind === "object" && !token.weak));
  return [
    ...(things.length === 0
      ? ["The toy world knows none of the things in this prompt, so it draws things of its own choice."]
      : []),
    ...(unknown ? [`The toy world does not know ${unknown}.`] : []),
    ...(surplus ? [`The toy world draws two kinds of things at most, and leaves out ${surplus}.`] : []),
  ];
}

/** “one”, “two” and “three”; null when there is no phrase. */
function named(phrases: readonly Phrase[]): string | null {
  const all = [...new Set(phrases.map(({ words }) => words))];
  if (all.length === 0) return null;
  const more = all.length - NAMED_AT_MOST;
  const shown = all.slice(0, NAMED_AT_MOST).map(quoted);
  if (more > 0) return `${shown.join(", ")} and ${more} more word${more === 1 ? "" : "s"}`;
  return [shown.slice(0, -1).join(", "), ...shown.slice(-1)].filter((words) => words !== "").join(" and ");
}

function quoted(word: string): string {
  const letters = [...word];
  return `“${letters.length > LONGEST_WORD ? `${letters.slice(0, LONGEST_WORD).join("")}…` : word}”`;
}
