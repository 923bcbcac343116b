/** @file Seeded randomness: the same words and numbers always give the same stream. */

/** Uniform in [0, 1). */
export type Random = () => number;

/** 32 bits from any text and numbers (FNV-1a over UTF-16 units, then murmur3's finalizer). */
export function hash(...parts: readonly (string | number)[]): number {
  let h = 0x811c9dc5;
  const text = parts.join("\u0000");
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** mulberry32 (Tommy Ettinger, public domain): 2^32 states, plenty for one picture or one person. */
export function seeded(...parts: readonly (string | number)[]): Random {
  let state = hash(...parts);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of the items, all with equal chances. */
export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("pick: there must be something to pick from; got an empty list");
  return item;
}

/** One of the items that are not `except`, all with equal chances. */
export function pickOther<T>(random: Random, items: readonly T[], except: T | null): T {
  return pick(
    random,
    items.filter((item) => item !== except),
  );
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** A standard normal number (Box and Muller). */
export function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
