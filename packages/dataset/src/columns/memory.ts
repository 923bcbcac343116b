/**
 * @file Memory that is given back and grows without garbage. Two habits of its neighbours are the reason. What waits for a garbage collection stands
 * beside what is allocated meanwhile. And the C library, once a large piece was freed, takes pieces up to that size from one heap, whose holes stay with
 * the process: tables that grew by copying left 70 MB of them in an export of a million rankings.
 */

/** Gives back the memory of a buffer, whose arrays are empty then. A buffer that is shared, or was given back, is left alone. */
export function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transferToFixedLength(0);
}

/** Gives back the memory of bytes that have a buffer of their own, such as those that a socket read. Bytes that are part of a larger one are left alone. */
export function releaseBytes(bytes: Uint8Array): void {
  if (bytes.byteLength === bytes.buffer.byteLength) release(bytes.buffer);
}

/** Bytes from which on a buffer is pages of the system, which are given back as soon as it is. */
const PAGES_FROM = 1 << 17;
/** The address space that a buffer reserves to grow in place, bytes. Only pages that were written to take memory. */
const RESERVED = 2 ** 32;

/** A buffer of zeros that does not grow. */
export function zeros(bytes: number): ArrayBuffer {
  return bytes < PAGES_FROM ? new ArrayBuffer(bytes) : new ArrayBuffer(bytes, { maxByteLength: bytes });
}

/**
 * The same bytes with room for at least `needed`, and zeros behind them. A large buffer grows in place; arrays over it with a length of their own keep
 * that length, and others get longer. A small one is moved, and is empty then.
 */
export function grown(buffer: ArrayBuffer, needed: number): ArrayBuffer {
  const bytes = Math.max(needed, 2 * buffer.byteLength);
  if (buffer.resizable) {
    buffer.resize(Math.min(Math.max(needed, bytes), buffer.maxByteLength));
    return buffer;
  }
  if (bytes < PAGES_FROM) return buffer.transfer(bytes);
  const larger = new ArrayBuffer(bytes, { maxByteLength: RESERVED });
  new Uint8Array(larger).set(new Uint8Array(buffer));
  release(buffer);
  return larger;
}
