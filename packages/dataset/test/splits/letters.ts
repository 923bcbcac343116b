/** @file Texts as the letters that near-duplicates are looked for in. */

import { type Letters, writeUnits } from "../../src/splits/letters.ts";

/** The letters of texts. */
export function lettersOf(texts: readonly string[]): Letters {
  const starts = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) starts[i + 1] = (starts[i] ?? 0) + text.length;
  const units = new Uint16Array(starts[texts.length] ?? 0);
  for (const [i, text] of texts.entries()) writeUnits(text, units, starts[i] ?? 0);
  return { size: texts.length, units, starts };
}
