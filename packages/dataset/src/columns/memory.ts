/** @file Gives memory back before a garbage collection does: what waits for one stands beside what is allocated meanwhile. */

/** Gives back the memory of a buffer, whose arrays are empty then. A buffer that is shared, or was given back, is left alone. */
export function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
