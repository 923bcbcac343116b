/** @file Two globals of Node 24 for Node 22. Published modules that use them import them from a copy of this file; where Node has them, they are Node's. */

type Close = () => unknown;

/** Resources that are closed in reverse order: the methods of AsyncDisposableStack that the packages use. */
export class StackFor22 {
  #closes: Close[] = [];

  adopt<T>(value: T, close: (value: T) => unknown): T {
    this.defer(() => close(value));
    return value;
  }

  defer(close: Close): void {
    this.#closes.push(close);
  }

  /** Hands all resources over to a new stack; this one then closes none. */
  move(): StackFor22 {
    const moved = new StackFor22();
    moved.#closes = this.#closes;
    this.#closes = [];
    return moved;
  }

  /** Closes all resources, also after one could not be closed. Rejects with the error of the last one that could not. */
  async disposeAsync(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closes.pop(); close; close = this.#closes.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors.at(-1);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync();
  }
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
/** The least float32 that rounds to infinity, 65520, and the least that is a normal half, 2^-14, as bits. */
const INFINITE = 0x477ff000;
const NORMAL = 0x38800000;

/** The bits of the nearest half of a float32, ties to even. */
function halfOf(value: number): number {
  float[0] = value;
  const [word = 0] = bits;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= INFINITE) return sign | 0x7c00;
  if (magnitude < NORMAL) return sign | evenOf(Math.abs(value) * 2 ** 24);
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Rounds a number that is at least 0 to the nearest integer, ties to even. */
function evenOf(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** An array of halves that is only made from floats and read as bytes, as writers of files do. */
export class HalvesFor22 extends Uint16Array {
  constructor(values: ArrayLike<number>) {
    super(Array.from(values, halfOf));
  }
}

export const AsyncDisposableStack = globalThis.AsyncDisposableStack ?? StackFor22;
export const Float16Array = globalThis.Float16Array ?? HalvesFor22;
