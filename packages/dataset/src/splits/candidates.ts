/**
 * @file Which texts of a list can be alike at all. A filter gives every text keys, so that two texts that are alike have a key in common
 * for certain, and most others have none.
 */

import { mix, type PieceSets, sharedNeeded, smallestAlike } from "./pieces.ts";

/** Gives the keys of a list of texts, in passes, so that no more than those of one pass are in memory. */
export interface Filter {
  readonly passes: number;
  /** Calls `add` for each key of a pass: 32 bits, and the text by its index in the list. */
  keys(pass: number, add: (key: number, index: number) => void): void;
}

/** Members of a list that have a key in common: run r is `members[starts[r]] ... members[starts[r + 1] - 1]`, in the order of the list. */
export interface Runs {
  readonly members: Int32Array;
  readonly starts: readonly number[];
}

/** The runs of one pass of a filter for a list of texts. */
export function runsOf(filter: Filter, pass: number, list: Int32Array): Runs {
  const { length } = list;
  // Key and index share a double, which has 53 bits. Keys that differ only in bits that do not fit count as one.
  const indexBits = Math.max(21, Math.ceil(Math.log2(length + 1)));
  const [shift, droppedBits] = [2 ** indexBits, indexBits - 21];
  let values = new Float64Array(length);
  let count = 0;
  filter.keys(pass, (key, index) => {
    if (count === values.length) {
      const larger = new Float64Array(2 * count);
      larger.set(values);
      values = larger;
    }
    values[count++] = (key >>> droppedBits) * shift + index;
  });
  return grouped(values.subarray(0, count).sort(), shift, list);
}

function grouped(sorted: Float64Array, shift: number, list: Int32Array): Runs {
  const keyAt = (at: number) => Math.floor((sorted[at] ?? 0) / shift);
  const members = new Int32Array(sorted.length);
  const starts: number[] = [0];
  let size = 0;
  for (let start = 0, end = 1; start < sorted.length; start = end++) {
    const key = keyAt(start);
    while (end < sorted.length && keyAt(end) === key) end++;
    if (end - start < 2) continue;
    for (let at = start; at < end; at++) members[size++] = list[(sorted[at] ?? 0) % shift] ?? 0;
    starts.push(size);
  }
  return { members: members.subarray(0, size), starts };
}

/** One key for each text: its whole set of pieces. */
export function wholeSets({ wholeKeys }: PieceSets, members: Int32Array): Filter {
  return {
    passes: 1,
    keys(_, add) {
      for (let index = 0; index < members.length; index++) add(wholeKeys[members[index] ?? 0] ?? 0, index);
    },
  };
}

/** How all possible pieces are divided: into parts, and each of them into smaller ones. */
export interface Division {
  readonly parts: number;
  /** Smaller parts of each part. */
  readonly smaller: number;
  /** How many of the smaller parts of one part are a key. */
  readonly chosen: number;
}

/** The fewest pieces of two alike texts that only one of them has, at most: sets of up to `largest` pieces. */
function mostDifferent(largest: number, least: number): number {
  return Math.floor(((1 - least) / (1 + least)) * 2 * largest + 1e-9);
}

/** Keys of a division for each text at most. */
const MOST_KEYS = 700;

/**
 * Divisions for sets of up to `largest` pieces, the one with the fewest keys first. Where alike texts differ in at most d pieces, they differ
 * in at most floor(d / parts) pieces of some part, and so agree in all but that many of its smaller parts (Arasu, Ganti and Kaushik 2006).
 */
export function divisionsOf(largest: number, least: number): [Division, ...Division[]] {
  const most = mostDifferent(largest, least);
  const divisions: Division[] = [];
  for (const share of [2, 3, 4, 5, 7]) {
    const parts = Math.ceil((most + 1) / share);
    const different = Math.floor(most / parts);
    for (const more of [1, 2, 3, 4]) divisions.push({ parts, smaller: different + more, chosen: more });
  }
  return [{ parts: most + 1, smaller: 1, chosen: 1 }, ...divisions.filter((division) => keysOf(division) <= MOST_KEYS)];
}

/** How many keys a division gives each text. */
export function keysOf({ parts, smaller, chosen }: Division): number {
  return parts * subsets(smaller, chosen).length;
}

/** All subsets of `size` of the numbers 0 ... of - 1. */
function subsets(of: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]];
  const first = Array.from({ length: Math.max(0, of - size - from + 1) }, (_, i) => from + i);
  return first.flatMap((each) => subsets(of, size - 1, each + 1).map((rest) => [each, ...rest]));
}

/** Keys of a division: the pieces that a text has in some smaller parts of one part. A pass has one key for each text. */
export function samePieces({ pieces, load }: PieceSets, members: Int32Array, division: Division): Filter {
  const width = division.parts * division.smaller;
  const sums = new Uint32Array(members.length * width);
  for (let index = 0; index < members.length; index++) {
    const size = load(members[index] ?? 0);
    const { hashes } = pieces;
    for (let i = 0; i < size; i++) {
      const hash = mix((hashes[i] ?? 0) ^ 0x9e3779b9);
      const at = index * width + (hash % width);
      sums[at] = (sums[at] ?? 0) + mix(hash ^ 0x5bd1e995);
    }
  }
  const chosen = subsets(division.smaller, division.chosen);
  return {
    passes: division.parts * chosen.length,
    keys(pass, add) {
      const start = Math.floor(pass / chosen.length) * division.smaller;
      const columns = (chosen[pass % chosen.length] ?? []).map((each) => start + each);
      for (let index = 0; index < members.length; index++) {
        let key = 0;
        for (const column of columns) key = mix(Math.imul(key, 31) + (sums[index * width + column] ?? 0));
        add(key, index);
      }
    },
  };
}

/** Counts of pieces are by the last bits of their hash. An estimate is enough, because any order of all pieces will do. */
const COUNTED_BITS = 20;
/** Bits of a key that say how common a piece is: the logarithm of its count. */
const COMMON_BITS = 5;

/**
 * Keys of the rarest pieces of each text: of two sets with n and m pieces that share s, the first n - s + 1 and the first m - s + 1 in one
 * order of all pieces have one in common (the prefix filter of Chaudhuri, Ganti and Kaushik 2006).
 */
export function rarePieces(sets: PieceSets, members: Int32Array): Filter {
  const { sizes, least, pieces, load } = sets;
  const keyOf = rarityKeys(sets, members);
  const smallest = members.reduce((few, member) => Math.min(few, sizes[member] ?? 0), Number.POSITIVE_INFINITY);
  return {
    passes: 1,
    keys(_, add) {
      for (const [index, member] of members.entries()) {
        const size = load(member);
        const keys = pieces.hashes.subarray(0, size).map(keyOf).sort();
        const shared = sharedNeeded(size, Math.max(smallest, smallestAlike(size, least)), least);
        for (let i = 0; i <= size - shared; i++) if (i === 0 || keys[i] !== keys[i - 1]) add(keys[i] ?? 0, index);
      }
    },
  };
}

/** Returns keys of hashes whose ascending order is from rare to common pieces. */
function rarityKeys({ pieces, load }: PieceSets, members: Int32Array): (hash: number) => number {
  const counts = new Uint32Array(2 ** COUNTED_BITS);
  const bucketOf = (hash: number) => hash & (2 ** COUNTED_BITS - 1);
  for (const member of members) {
    const size = load(member);
    for (let i = 0; i < size; i++) {
      const bucket = bucketOf(pieces.hashes[i] ?? 0);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
  }
  return (hash) => {
    const logarithm = 31 - Math.clz32(counts[bucketOf(hash)] ?? 0);
    return ((logarithm << (32 - COMMON_BITS)) | (hash >>> COMMON_BITS)) >>> 0;
  };
}
