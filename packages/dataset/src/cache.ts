/** @file A cache of encoded pictures, so that a picture of several rankings in a row is encoded once. */

/** Caches promises of bytes by key, up to `limit` bytes; beyond that it drops the least recently used. */
export class ByteCache {
  readonly #limit: number;
  readonly #entries = new Map<string, { readonly value: Promise<Uint8Array>; bytes: number }>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    const value = make();
    const entry = { value, bytes: 0 };
    this.#entries.set(key, entry);
    value.then(
      ({ length }) => {
        entry.bytes = length;
        this.#bytes += length;
        this.#shrink();
      },
      () => this.#entries.delete(key),
    );
    return value;
  }

  #shrink(): void {
    for (const [key, { bytes }] of this.#entries) {
      if (this.#bytes <= this.#limit) return;
      if (bytes === 0) continue;
      this.#entries.delete(key);
      this.#bytes -= bytes;
    }
  }
}
