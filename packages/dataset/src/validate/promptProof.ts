/** @file The rules between rows and splits, checked on columns: prompts and how often each is there, ids of rankings, people of the unique splits. */

import type { PageMemory } from "../pages/memory.ts";
import { TextNumbers } from "../pages/textNumbers.ts";
import type { LongIntegers, PlacedTexts } from "../pages/values.ts";
import { OWN_SPLITS, SPLITS, type Split } from "../row.ts";
import { ENOUGH_PROMPTS } from "../splits/splits.ts";
import type { GroupColumns } from "./groupColumns.ts";

/** The splits of which a part is a split of its own, with one ranking of each prompt. */
const BASES = ["validation", "test"] as const;
type Base = (typeof BASES)[number];

/** The bit of a unique split, and by the number of a split the bit of its unique split, or 0. */
const UNIQUE_BITS: Readonly<Record<Base, number>> = { validation: 1, test: 2 };
const UNIQUE_OF = SPLITS.map((split) => (split === "validation" || split === "test" ? UNIQUE_BITS[split] : 0));

/** A prompt may have so many rankings here: a number and a split then fit into 32 bits. */
const MOST_RANKINGS = 1 << 28;
/** Ids are marked in a row of bits when it has at most so many bits for each ranking (8 bytes). */
const MOST_BITS = 64;

/** What is known of the prompts, by their numbers, and of the rankings of the row groups so far. */
export class PromptProof {
  readonly #memory: PageMemory;
  readonly #prompts: TextNumbers;
  /** How many of the prompts were found to be more than white space. */
  #checked = 0;
  /** Of each prompt: 0 when it has no row of train, validation and test yet, otherwise its num_example_per_prompt * 4 + the number of its split + 1. */
  #told = new Int32Array(0);
  #rankings = new Int32Array(0);
  /** Bits of a prompt: which unique splits have it. */
  #unique = new Uint8Array(0);
  /** The ids in a unique split that were not yet seen in its base. */
  readonly #strays: Readonly<Record<Base, Set<bigint>>> = { validation: new Set(), test: new Set() };
  readonly #people = new Set<bigint>();
  #uniqueRows = 0;
  readonly #ids: LongIntegers[] = [];

  /** @param memory where the columns are that will be added */
  constructor(memory: PageMemory) {
    this.#memory = memory;
    this.#prompts = new TextNumbers(memory);
  }

  /**
   * Adds a row group of a split, those of the unique splits before all others. Returns false when a row breaks a rule.
   * @throws RangeError when a column cannot be decoded or a row has no value
   */
  add(split: Split, columns: GroupColumns): boolean {
    const prompts = columns.everyText("caption", (texts) => this.#number(texts));
    if (this.#checked < this.#prompts.size) return false;
    this.#makeRoom();
    const counts = columns.everyInteger("num_example_per_prompt");
    const ids = columns.everyInteger("ranking_id");
    const people = columns.everyInteger("user_id");
    const own = SPLITS.indexOf(split);
    const base = BASES.find((each) => split.startsWith(each));
    if (own >= OWN_SPLITS.length) return base !== undefined && this.#addUnique(base, prompts, counts, ids, people);
    this.#ids.push(ids.slice());
    if (base) for (const id of longIntegers(ids)) this.#strays[base].delete(id);
    return this.#addOwn(own, prompts, counts);
  }

  /** Whether no rule is broken, after every row group was added. */
  isSound(): boolean {
    const { size } = this.#prompts;
    for (let prompt = 0; prompt < size; prompt++) {
      const told = (this.#told[prompt] ?? 0) - 1;
      if (told < 0) continue;
      if (told >> 2 !== this.#rankings[prompt]) return false;
      // Each prompt of validation and test has its ranking in the unique split.
      const needed = UNIQUE_OF[told & 3] ?? 0;
      if (((this.#unique[prompt] ?? 0) & needed) !== needed) return false;
    }
    if (BASES.some((base) => this.#strays[base].size > 0)) return false;
    if (this.#uniqueRows > ENOUGH_PROMPTS && this.#people.size < this.#uniqueRows) return false;
    return areDifferent(this.#ids);
  }

  /** num_example_per_prompt counts the rankings of a prompt in its split, and a prompt is in one split only. */
  #addOwn(split: number, prompts: Int32Array, counts: LongIntegers): boolean {
    const [told, rankings] = [this.#told, this.#rankings];
    for (let row = 0; row < prompts.length; row++) {
      const prompt = prompts[row] ?? 0;
      const count = counts[2 * row] ?? 0;
      if (counts[2 * row + 1] !== 0 || count < 0 || count >= MOST_RANKINGS) return false;
      const key = 4 * count + split + 1;
      if (told[prompt] === 0) told[prompt] = key;
      else if (told[prompt] !== key) return false;
      rankings[prompt] = (rankings[prompt] ?? 0) + 1;
    }
    return true;
  }

  /** A unique split has exactly one ranking of each prompt of its base, one of the base's own. */
  #addUnique(base: Base, prompts: Int32Array, counts: LongIntegers, ids: LongIntegers, people: LongIntegers): boolean {
    const bit = UNIQUE_BITS[base];
    for (let row = 0; row < prompts.length; row++) {
      const prompt = prompts[row] ?? 0;
      const seen = this.#unique[prompt] ?? 0;
      if ((seen & bit) !== 0 || counts[2 * row] !== 1 || counts[2 * row + 1] !== 0) return false;
      this.#unique[prompt] = seen | bit;
    }
    for (const id of longIntegers(ids)) this.#strays[base].add(id);
    for (const person of longIntegers(people)) this.#people.add(person);
    this.#uniqueRows += prompts.length;
    return true;
  }

  /** Numbers prompts, and checks those that are new: until one is blank, so that `#checked` is less than their number from then on. */
  #number(texts: PlacedTexts): void {
    const numbers = this.#memory.integers(texts.at, texts.count);
    const addresses = numbers.slice();
    this.#prompts.number(texts);
    const bytes = Buffer.from(this.#memory.memory.buffer);
    for (let i = 0; i < numbers.length; i++)
      if (numbers[i] === this.#checked && isPrompt(bytes, addresses[i] ?? 0)) this.#checked++;
  }

  /** Makes the arrays as long as there are prompts. */
  #makeRoom(): void {
    const { size } = this.#prompts;
    if (size <= this.#told.length) return;
    const length = Math.max(size, 2 * this.#told.length);
    const [told, rankings, unique] = [this.#told, this.#rankings, this.#unique];
    this.#told = new Int32Array(length);
    this.#told.set(told);
    this.#rankings = new Int32Array(length);
    this.#rankings.set(rankings);
    this.#unique = new Uint8Array(length);
    this.#unique.set(unique);
  }
}

/** Whether the text at an address is more than white space. */
function isPrompt(bytes: Buffer, address: number): boolean {
  const start = address + 4;
  const length = bytes.readUInt32LE(address);
  const first = bytes[start] ?? 0;
  // Most begin with a letter. White space of other scripts than ours is beyond ASCII.
  if (length > 0 && first > 0x20 && first < 0x7f) return true;
  return bytes.toString("utf8", start, start + length).trim() !== "";
}

/** Whether no two ids are equal. Ids as dense as those of an app are marked in a row of bits, others are sorted. */
function areDifferent(parts: readonly LongIntegers[]): boolean {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  const high = all[1] ?? 0;
  let [least, most, isNarrow] = [all[0] ?? 0, all[0] ?? 0, true];
  for (let i = 0; i < all.length; i += 2) {
    const id = all[i] ?? 0;
    if (id < least) least = id;
    else if (id > most) most = id;
    if (all[i + 1] !== high) isNarrow = false;
  }
  return isNarrow && most - least < MOST_BITS * (all.length / 2) ? areMarkedOnce(all, least, most) : areSortedOnce(all);
}

/** @param ids integers whose upper halves are equal, and whose lower halves are `least` ... `most` */
function areMarkedOnce(ids: LongIntegers, least: number, most: number): boolean {
  const marked = new Uint8Array(Math.ceil((most - least + 1) / 8));
  for (let i = 0; i < ids.length; i += 2) {
    const bit = (ids[i] ?? 0) - least;
    const mask = 1 << (bit & 7);
    const before = marked[bit >>> 3] ?? 0;
    if ((before & mask) !== 0) return false;
    marked[bit >>> 3] = before | mask;
  }
  return true;
}

function areSortedOnce(ids: LongIntegers): boolean {
  const sorted = longIntegers(ids).sort();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) return false;
  return true;
}

/** The integers of which an array has both halves. */
const longIntegers = ({ buffer, byteOffset, length }: LongIntegers): BigInt64Array =>
  new BigInt64Array(buffer, byteOffset, length / 2);
