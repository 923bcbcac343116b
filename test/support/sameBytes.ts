/** @file How `expect` compares typed arrays: by their bytes first. */
import { expect } from "vitest";

const ADDED = Symbol.for("pickapic.sameBytes");

/**
 * Says that two typed arrays of one kind are equal when their bytes are, and leaves all others to Vitest. Vitest compares them as objects with a property
 * for each element, which takes seconds for a picture.
 */
function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0 ? true : undefined;
}

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Lets `expect` compare so, in this process. Many test files share one, and each calls this. */
export function compareBytes(): void {
  if (ADDED in globalThis) return;
  Object.defineProperty(globalThis, ADDED, { value: true });
  expect.addEqualityTesters([sameBytes]);
}
