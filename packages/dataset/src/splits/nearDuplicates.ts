/** @file Which prompts are so alike that they must not stand in two splits: equal after folding, or near-duplicates by MinHash. */

/** Prompts of this similarity or more stay in one split, unless a caller names another. */
export const NEAR_DUPLICATE = 0.9;

/** Letters of a shingle, one of the overlapping pieces by which two prompts are compared. */
const SHINGLE = 5;
/** Values of a signature, which are compared in bands: two prompts are compared exactly when one band of them is equal. */
const BINS = 64;
const BANDS = 16;
const ROWS = BINS / BANDS;
/** Prompts of one band that a prompt is compared with at most, the latest first; more would take quadratic time for prompts made of a template. */
const COMPARED = 100;
/** Comparisons in one band at most, so that 200,000 prompts made of one template take seconds. Of such prompts, pairs may be missed. */
const COMPARED_IN_BAND = 400_000;

/** A prompt without what hardly anybody sees: compatibility forms (NFKC), case, and spaces at the ends or in a row. */
export function foldPrompt(prompt: string): string {
  // Upper case first, because some letters meet only there: ß and ss, final and other sigma.
  return prompt.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC").trim().replace(/\s+/gu, " ");
}

/**
 * MinHash signature of a folded prompt by one permutation (Li, Owen and Zhang 2012): the least hash of each of 64 bins; an empty bin
 * takes that of the next one that is not (Shrivastava and Li 2014). Two signatures agree in a share of their bins that estimates the
 * Jaccard similarity.
 */
export function signatureOf(folded: string): Uint32Array {
  const signature = new Uint32Array(BINS).fill(0xffffffff);
  for (const hash of shingleHashes(folded)) {
    const bin = hash >>> 26;
    if (hash < (signature[bin] ?? 0)) signature[bin] = hash;
  }
  const filled = signature.slice();
  for (let bin = 0; bin < BINS; bin++) {
    let from = bin;
    while (signature[from % BINS] === 0xffffffff) from++;
    // The distance is mixed in, so that a value that was lent is equal only to one that was lent as far.
    filled[bin] = mix((signature[from % BINS] ?? 0) + Math.imul(from - bin, 0x9e3779b1));
  }
  return filled;
}

/** The hash of each shingle, repeated ones included. */
function shingleHashes(folded: string): Uint32Array {
  const hash = (_: unknown, i: number) => hashOf(folded, i, Math.min(folded.length, i + SHINGLE));
  return Uint32Array.from({ length: Math.max(1, folded.length - SHINGLE + 1) }, hash);
}

function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return Math.min(mix(hash), 0xfffffffe);
}

/** Spreads the bits of a number over all 32 (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Sets that can be joined; `find` gives the smallest member of a set. */
export class Families {
  readonly #parent: Int32Array;

  /** @param size the number of members, each a set of its own at first */
  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
  }

  find(member: number): number {
    let root = member;
    while (this.#parent[root] !== root) root = this.#parent[root] ?? root;
    for (let at = member; at !== root; ) {
      const next = this.#parent[at] ?? root;
      this.#parent[at] = root;
      at = next;
    }
    return root;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    this.#parent[Math.max(first, second)] = Math.min(first, second);
  }
}

/**
 * Joins prompts that must stay together: those that are equal after folding, and those whose Jaccard similarity is at least `least`,
 * directly or through others. Candidates come from MinHash and are then compared exactly, so that nothing else is joined. A pair of
 * similarity 0.8 is missed by all 16 bands once in 4,500 times, one of 0.9 once in 20 millions.
 * @param least 0...1; above 1 only equal prompts are joined
 */
export function promptFamilies(prompts: readonly string[], least = NEAR_DUPLICATE): Families {
  const families = new Families(prompts.length);
  const folded = prompts.map(foldPrompt);
  const firstOf = new Map<string, number>();
  for (const [i, text] of folded.entries()) {
    const first = firstOf.get(text);
    if (first === undefined) firstOf.set(text, i);
    else families.join(first, i);
  }
  if (least > 1) return families;
  const keys = new Uint32Array(BANDS * prompts.length);
  for (const i of firstOf.values()) keys.set(bandKeys(signatureOf(folded[i] ?? "")), BANDS * i);
  const candidates = new Candidates(folded, keys, least);
  for (let band = 0; band < BANDS; band++) candidates.join(families, [...firstOf.values()], band);
  return families;
}

/** One number for each band of a signature. */
function bandKeys(signature: Uint32Array): Uint32Array {
  return Uint32Array.from({ length: BANDS }, (_, band) => {
    let key = band;
    for (let row = 0; row < ROWS; row++) key = mix(Math.imul(key, 31) + (signature[band * ROWS + row] ?? 0));
    return key;
  });
}

/** Compares prompts whose signatures agree in a band. */
class Candidates {
  readonly #folded: readonly string[];
  readonly #keys: Uint32Array;
  readonly #least: number;
  /** The hashes of the shingles of prompts that were compared, in ascending order. */
  readonly #pieces = new Map<number, Uint32Array>();

  constructor(folded: readonly string[], keys: Uint32Array, least: number) {
    this.#folded = folded;
    this.#keys = keys;
    this.#least = least;
  }

  /** Joins those members that are alike and agree in this band, but in none before it. */
  join(families: Families, members: readonly number[], band: number): void {
    const latest = new Map<number, number>();
    const before = new Int32Array(this.#folded.length).fill(-1);
    const most = Math.max(2, Math.min(COMPARED, Math.floor(COMPARED_IN_BAND / members.length)));
    for (const i of members) {
      const key = this.#keys[BANDS * i + band] ?? 0;
      before[i] = latest.get(key) ?? -1;
      latest.set(key, i);
      for (let other = before[i] ?? -1, compared = 0; other >= 0 && compared < most; other = before[other] ?? -1, compared++) {
        if (families.find(i) === families.find(other) || this.#wereCompared(i, other, band)) continue;
        if (this.#areAlike(i, other)) families.join(i, other);
      }
    }
  }

  #wereCompared(a: number, b: number, band: number): boolean {
    for (let earlier = 0; earlier < band; earlier++)
      if (this.#keys[BANDS * a + earlier] === this.#keys[BANDS * b + earlier]) return true;
    return false;
  }

  /** Whether the shared pieces of two prompts are enough of all. Different pieces of one hash, of 4 billion, count as one. */
  #areAlike(a: number, b: number): boolean {
    const [first, second] = [this.#piecesOf(a), this.#piecesOf(b)];
    if (Math.min(first.length, second.length) < this.#least * Math.max(first.length, second.length)) return false;
    let shared = 0;
    for (let i = 0, j = 0; i < first.length && j < second.length; ) {
      const difference = (first[i] ?? 0) - (second[j] ?? 0);
      if (difference === 0) shared++;
      if (difference <= 0) i++;
      if (difference >= 0) j++;
    }
    return shared >= this.#least * (first.length + second.length - shared);
  }

  #piecesOf(prompt: number): Uint32Array {
    const known = this.#pieces.get(prompt);
    if (known) return known;
    const text = this.#folded[prompt] ?? "";
    const pieces = Uint32Array.from(new Set(shingleHashes(text))).sort();
    this.#pieces.set(prompt, pieces);
    return pieces;
  }
}
