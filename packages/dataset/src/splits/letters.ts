/** @file Many texts as one array of letters, so that comparing them makes no string. */

/** Texts as UTF-16 code units: text i is units[starts[i]] ... units[starts[i + 1] - 1]. */
export interface Letters {
  /** The number of texts. */
  readonly size: number;
  readonly units: Uint16Array;
  readonly starts: Uint32Array;
}

/** Writes the code units of a text at `at`. */
export function writeUnits(text: string, units: Uint16Array, at: number): void {
  for (let i = 0; i < text.length; i++) units[at + i] = text.charCodeAt(i);
}

/** The order of two texts by their code units: below 0 when a comes before b. */
export function compareLetters({ units, starts }: Letters, a: number, b: number): number {
  const [startA, startB] = [starts[a] ?? 0, starts[b] ?? 0];
  const [lengthA, lengthB] = [(starts[a + 1] ?? 0) - startA, (starts[b + 1] ?? 0) - startB];
  const shorter = Math.min(lengthA, lengthB);
  for (let i = 0; i < shorter; i++) {
    const difference = (units[startA + i] ?? 0) - (units[startB + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
