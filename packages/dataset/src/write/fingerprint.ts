/** @file The fingerprint of an export: equal for the same rankings and settings, otherwise different (but for a collision of hashes). */

import { createHash, type Hash } from "node:crypto";

/** The settings that decide which bytes an export writes. */
export type FingerprintSettings = Readonly<Record<string, unknown>>;

/** Hashes rankings, in their order, to the name of an export. */
export class Fingerprint {
  readonly #hash: Hash;

  constructor(settings: FingerprintSettings) {
    this.#hash = createHash("sha256").update(JSON.stringify(settings));
  }

  /** Adds the values of a column. */
  addValues(values: BigInt64Array | Float64Array | Int32Array | Uint32Array | Uint8Array): this {
    this.#hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return this;
  }

  /** Adds a text, with its length, so that two texts are not one longer one. */
  addText(text: string): this {
    this.#hash.update(`${text.length} ${text}`);
    return this;
  }

  /** 64 hexadecimal digits. Nothing can be added after it. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}
