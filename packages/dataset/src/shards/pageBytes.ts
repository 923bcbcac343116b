/** @file Bytes that grow while a page of a Parquet file is encoded. Their memory is used again for the next page. */

const FIRST_BYTES = 1 << 17;

/** A growing array of bytes. All numbers are little-endian. */
export class PageBytes {
  /** The bytes; only the first `length` are set. It is another array after the next call that makes room. */
  bytes = new Uint8Array(FIRST_BYTES);
  length = 0;

  /** Makes room for `count` bytes, which the caller sets, and returns where they start. */
  reserve(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length));
      larger.set(this.bytes.subarray(0, start));
      this.bytes = larger;
    }
    return start;
  }

  pushByte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  pushUint32(value: number): void {
    this.setUint32(this.reserve(4), value);
  }

  setUint32(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  /** Adds an integer of 0 ... 2^53 - 1 in groups of seven bits, the low one first (ULEB128). */
  pushVarint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.pushByte((rest % 128) | 128);
    this.pushByte(rest);
  }

  pushBytes(values: Uint8Array): void {
    const at = this.reserve(values.length);
    this.bytes.set(values, at);
  }

  clear(): void {
    this.length = 0;
  }

  /** The bytes so far. They are valid until the next change. */
  filled(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
