/** @file Numbers different texts: equal texts have one number, in all chunks that are read. */

import { type PageMemory, type Program, programsOf } from "./memory.ts";
import type { PlacedTexts } from "./values.ts";

/** Slots of the table at first. */
const FIRST_SLOTS = 1 << 13;
/** Pages of 64 KiB that the texts may take: 2 GiB. */
const MOST_PAGES = 1 << 15;

/** Different texts, numbered 0 ... size - 1 by their first appearance. They are stored, and compared byte by byte. */
export class TextNumbers {
  readonly #texts = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  readonly #slots = new WebAssembly.Memory({ initial: 1 });
  readonly #number: Program;
  readonly #spread: Program;
  readonly #size: Program;
  #slotCount = FIRST_SLOTS;

  /** @param pages where the texts are that will be numbered */
  constructor(pages: PageMemory) {
    const memories = { pages: { memory: pages.memory }, texts: { memory: this.#texts }, slots: { memory: this.#slots } };
    const programs = programsOf(new URL("./textNumbers.wasm", import.meta.url), memories);
    [this.#number, this.#spread, this.#size] = [programs("number"), programs("spread"), programs("size")];
    this.#spread(this.#slotCount);
  }

  get size(): number {
    return this.#size();
  }

  /** Puts the number of each text in the place of its address. @throws RangeError when different texts take more than 2 GiB */
  number({ at, count }: PlacedTexts): void {
    for (let done = 0; done < count; ) {
      done += this.#number(at + 4 * done, count - done, at + 4 * done);
      if (done < count) this.#grow();
    }
  }

  /** Doubles the table where it is half full, and the room for texts otherwise. */
  #grow(): void {
    if (2 * this.size >= this.#slotCount) {
      this.#slotCount *= 2;
      const lacking = 8 * this.#slotCount - this.#slots.buffer.byteLength;
      if (lacking > 0) this.#slots.grow(lacking >> 16);
      this.#spread(this.#slotCount);
    } else {
      const pages = this.#texts.buffer.byteLength >> 16;
      this.#texts.grow(Math.max(1, Math.min(pages, MOST_PAGES - pages)));
    }
  }
}
