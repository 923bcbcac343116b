/**
 * @file Seeded random generators, and draws from them. A generator is an argument wherever chance matters, so that every draw can
 * be repeated.
 */

/** A random generator: each call returns the next number, uniform in [0, 1). */
export type Random = () => number;

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand) with 128 bits of state: for statistics, splits and shuffles. The first
 * twelve numbers are discarded, as its author does.
 * @param seed 0 ... 2^53 - 1
 */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/**
 * The generator mulberry32 (Tommy Ettinger, 2017, public domain) with 32 bits of state: enough for one image, one simulated
 * person or a few million initial weights.
 * @param seed 0 ... 2^32 - 1
 */
export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Hashes words and numbers to 32 bits: FNV-1a over UTF-16 units, then the finalizer of murmur3. */
export function hash(...parts: readonly (string | number)[]): number {
  let h = 0x811c9dc5;
  const text = parts.join("\u0000");
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Returns a generator (mulberry32) that depends only on these words and numbers. */
export function seeded(...parts: readonly (string | number)[]): Random {
  return mulberry32(hash(...parts));
}

/**
 * Returns a generator (sfc32) for one purpose. Two purposes with the same seed get independent streams.
 * @param seed 0 ... 2^32 - 1
 */
export function randomFor(purpose: string, seed: number): Random {
  // FNV-1a, 32 bits. The lower 21 of them are placed above the seed, so that the sum stays a safe integer.
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(purpose)) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return seededRandom((h >>> 11) * 2 ** 32 + (seed % 2 ** 32));
}

/** Draws a seed, 0 ... 2^31 - 1. */
export function drawSeed(random: Random): number {
  return Math.floor(random() * 2 ** 31);
}

/** Returns the items in random order (Fisher and Yates). The argument is not changed. */
export function shuffled<T extends Present>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) exchange(result, i, Math.floor(random() * (i + 1)));
  return result;
}

/** Any value but undefined, because reading a list outside its bounds gives undefined. */
type Present = NonNullable<unknown> | null;

function exchange<T extends Present>(list: T[], i: number, j: number): void {
  const one = list[i];
  const other = list[j];
  if (one === undefined || other === undefined) throw new RangeError(`Expected indices below ${list.length}; got ${i} and ${j}.`);
  list[i] = other;
  list[j] = one;
}

/**
 * Draws one item; all are equally likely.
 * @throws Error for an empty list
 */
export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("pick: there must be something to pick from; got an empty list");
  return item;
}

/** Draws one of the items that differ from `except`; all of them are equally likely. */
export function pickOther<T>(random: Random, items: readonly T[], except: T | null): T {
  return pick(
    random,
    items.filter((item) => item !== except),
  );
}

/** Draws a number, uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** Draws a standard normal number: the first of two that Box and Muller (1958) make of two uniform ones. */
export function gauss(random: Random): number {
  const { radius, angle } = polar(random);
  return radius * Math.cos(angle);
}

/** Returns a generator of standard normal numbers that uses both numbers of Box and Muller, so that it draws half as many uniform ones as `gauss`. */
export function gaussian(random: Random): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const second = spare;
      spare = null;
      return second;
    }
    const { radius, angle } = polar(random);
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** A normally distributed point of the plane, in polar coordinates. */
function polar(random: Random): { radius: number; angle: number } {
  return { radius: Math.sqrt(-2 * Math.log(1 - random())), angle: 2 * Math.PI * random() };
}
