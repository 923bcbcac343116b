/** @file The memory in which pages of Parquet are decoded, and the WebAssembly programs that work in it (snappy.wat, encodings.wat, texts.wat, textNumbers.wat). */

import { readFileSync } from "node:fs";

/** Bytes of a page of WebAssembly memory, and how many pages there may be: 2 GiB, so that an address is a positive integer of 32 bits. The programs tell the same. */
const [WASM_PAGE, MOST_PAGES] = [1 << 16, 1 << 15];
/** The programs read and write up to so many bytes behind what they are given. */
const SLACK = 16;
/** Each piece begins at a multiple of it, so that typed arrays of any kind fit there. */
const ALIGNED = 8;
/** No text and no page is at address 0. */
const FIRST = ALIGNED;

/** A program's function; its numbers and their meaning are told in its .wat file. */
export type Program = (...parameters: number[]) => number;

/** Starts the programs of a .wasm file, and returns what gives one of them by its name. */
export function programsOf(file: URL, imports: WebAssembly.Imports): (program: string) => Program {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), imports);
  return (program) => {
    const found = exports[program];
    if (typeof found !== "function")
      throw new Error(`${file.href}: expected the program ${program}; build it from its .wat again`);
    return (...parameters) => Number(found(...parameters));
  };
}

/** Memory that is taken piece by piece and given back all at once. It is shared, because such a memory never moves: arrays over a piece stay valid until `clear`. */
export class PageMemory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  #next = FIRST;
  readonly unpack: Program;
  readonly hybrid: Program;
  readonly deltas: Program;
  readonly lookUp: Program;
  readonly ownBytes: Program;
  readonly place: Program;
  readonly equal: Program;

  constructor() {
    const pages = { memory: this.memory };
    this.unpack = programsOf(new URL("./snappy.wasm", import.meta.url), { pages })("unpack");
    const encodings = programsOf(new URL("./encodings.wasm", import.meta.url), { pages });
    [this.hybrid, this.deltas] = [encodings("hybrid"), encodings("deltas")];
    [this.lookUp, this.ownBytes] = [encodings("lookUp"), encodings("ownBytes")];
    const texts = programsOf(new URL("./texts.wasm", import.meta.url), { pages });
    [this.place, this.equal] = [texts("place"), texts("equal")];
  }

  /** Takes a piece and returns its address. Its bytes are those of its last use. @throws RangeError beyond 2 GiB */
  take(bytes: number): number {
    const at = this.#next;
    this.#next = Math.ceil((at + bytes + SLACK) / ALIGNED) * ALIGNED;
    const lacking = this.#next + SLACK - this.memory.buffer.byteLength;
    if (lacking > 0) this.memory.grow(Math.ceil(lacking / WASM_PAGE));
    return at;
  }

  /** Gives back every piece. */
  clear(): void {
    this.#next = FIRST;
  }

  bytes(at: number, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, count);
  }

  /** Integers of 32 bits; `at` is a multiple of 4. */
  integers(at: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, count);
  }

  /** Numbers of 64 bits; `at` is a multiple of 8. */
  doubles(at: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, count);
  }
}
