/**
 * @file Frees buffers at once, and lets them grow without copies. A buffer that waits for the garbage collector takes memory beside the buffers that are
 * allocated meanwhile. And once the C library has freed a large buffer, it serves requests up to that size from one heap, whose gaps it never returns to
 * the system: in an export of a million rankings, tables that grew by copying left 70 MB of gaps.
 */

/** Frees the memory of a buffer; the arrays over it are empty afterwards. A shared buffer and one that was freed before are left alone. */
export function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transferToFixedLength(0);
}

/** Frees the memory of bytes that fill their buffer, such as a chunk read from a socket. Bytes that are a section of a larger buffer are left alone. */
export function releaseBytes(bytes: Uint8Array): void {
  if (bytes.byteLength === bytes.buffer.byteLength) release(bytes.buffer);
}

/** From this size on, bytes, the C library takes a buffer directly from the system and returns it as soon as it is freed. */
const PAGES_FROM = 1 << 17;
/** The address space that a buffer reserves so that it can grow without moving, bytes. Pages take memory only once they were written to. */
const RESERVED = 2 ** 32;

/** Returns a buffer of zeros that does not grow. */
export function zeros(bytes: number): ArrayBuffer {
  return bytes < PAGES_FROM ? new ArrayBuffer(bytes) : new ArrayBuffer(bytes, { maxByteLength: bytes });
}

/**
 * Returns a buffer of at least `needed` bytes that begins with the bytes of `buffer` and continues with zeros. A large buffer grows in place: arrays over
 * it that were made with a length keep it, and the others become longer. A small buffer is moved, and the old one is empty afterwards.
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
