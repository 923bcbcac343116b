/** @file Random numbers for different purposes that have nothing to do with each other, all from one seed. */
import { type Random, seededRandom } from "@pickapic/evaluation";

/** The stream of a purpose: the same seed gives every purpose numbers of its own. @param seed 0 ... 2^32 - 1 */
export function randomFor(purpose: string, seed: number): Random {
  // FNV-1a, 32 bits; 21 of them stand above the seed, so that the sum stays a safe integer.
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(purpose)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return seededRandom((hash >>> 11) * 2 ** 32 + (seed % 2 ** 32));
}

/** A seed drawn from a stream. */
export function drawSeed(random: Random): number {
  return Math.floor(random() * 2 ** 31);
}
