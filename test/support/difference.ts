/** @file How far two lists of numbers lie apart. */

/** The largest |a[i] - b[i]|; 0 for two empty lists. @throws Error when the lists differ in length */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`largestDifference: ${a.length} and ${b.length} values`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
