/** @file Dictionaries that derive each text from a text of another dictionary, and so store no texts themselves. */

import type { TextDictionary } from "./dictionary.ts";
import type { GrowingUuids } from "./uuids.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The two digits of each byte, the first one in the low byte. */
const HEX = Uint16Array.from({ length: 256 }, (_, byte) => {
  const [first = 0, second = 0] = encoder.encode(byte.toString(16).padStart(2, "0"));
  return first | (second << 8);
});
/** Where the bytes of a UUID stand in its text, which has hyphens after 4, 6, 8 and 10 bytes. */
const UUID_BYTES = Uint8Array.from({ length: 16 }, (_, i) => 2 * i + [4, 6, 8, 10].filter((after) => i >= after).length);
/** Bytes of a uuid, and of its text. */
const UUID_SIZE = 16;
const UUID_LENGTH = 36;
const HYPHEN = 45;

/** Writes the 16 bytes at `from` as the text of a UUID at `at`. */
function writeUuid(raw: Uint8Array, from: number, target: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    const digits = HEX[raw[from + i] ?? 0] ?? 0;
    const to = at + (UUID_BYTES[i] ?? 0);
    target[to] = digits;
    target[to + 1] = digits >> 8;
  }
  target[at + 8] = HYPHEN;
  target[at + 13] = HYPHEN;
  target[at + 18] = HYPHEN;
  target[at + 23] = HYPHEN;
}

const setLengths = (codes: Int32Array, lengths: Int32Array, length: number): void => {
  for (let i = 0; i < codes.length; i++) lengths[i] = (codes[i] ?? -1) < 0 ? 0 : length;
};

function filled(length: number, numberAt: (i: number) => number): Int32Array {
  const numbers = new Int32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = numberAt(i);
  return numbers;
}

/** Uuids as texts of the usual form, 36 lower-case characters, under the same codes. No uuid may be added any more. */
export function uuidTexts({ size, bytes: uuids }: GrowingUuids): TextDictionary {
  const write = (code: number, target: Uint8Array, at: number): void => {
    writeUuid(uuids, UUID_SIZE * code, target, at);
  };
  return {
    size,
    byteLength: () => UUID_LENGTH,
    write,
    byteLengths: (codes, lengths) => setLengths(codes, lengths, UUID_LENGTH),
    writeEach(codes, target, places) {
      for (let i = 0; i < codes.length; i++) {
        const code = codes[i] ?? -1;
        if (code >= 0) writeUuid(uuids, UUID_SIZE * code, target, places[i] ?? 0);
      }
    },
    text(code) {
      const bytes = new Uint8Array(UUID_LENGTH);
      write(code, bytes, 0);
      return decoder.decode(bytes);
    },
  };
}

/** The texts of `base`, each after `prefix`, under the same codes. */
export function prefixedTexts(prefix: string, base: TextDictionary): TextDictionary {
  const head = encoder.encode(prefix);
  return {
    prefixed: { head, base },
    get size() {
      return base.size;
    },
    byteLength: (code) => head.length + base.byteLength(code),
    write(code, target, at) {
      target.set(head, at);
      base.write(code, target, at + head.length);
    },
    byteLengths(codes, lengths) {
      base.byteLengths(codes, lengths);
      for (let i = 0; i < codes.length; i++) if ((codes[i] ?? -1) >= 0) lengths[i] = (lengths[i] ?? 0) + head.length;
    },
    writeEach(codes, target, starts) {
      for (let i = 0; i < codes.length; i++) {
        if ((codes[i] ?? -1) < 0) continue;
        const at = starts[i] ?? 0;
        for (let k = 0; k < head.length; k++) target[at + k] = head[k] ?? 0;
      }
      base.writeEach(
        codes,
        target,
        filled(codes.length, (i) => (starts[i] ?? 0) + head.length),
      );
    },
    text: (code) => prefix + base.text(code),
  };
}

/** The texts of `base` under the same codes, and `last` under the code `base.size`: `base` must not grow any more, and must not have `last`. */
export function extendedTexts(base: TextDictionary, last: string): TextDictionary {
  const tail = encoder.encode(last);
  const { size } = base;
  const withoutLast = (codes: Int32Array) => filled(codes.length, (i) => (codes[i] === size ? -1 : (codes[i] ?? -1)));
  return {
    size: size + 1,
    root: base,
    byteLength: (code) => (code === size ? tail.length : base.byteLength(code)),
    write(code, target, at) {
      if (code === size) target.set(tail, at);
      else base.write(code, target, at);
    },
    byteLengths(codes, lengths) {
      base.byteLengths(withoutLast(codes), lengths);
      for (let i = 0; i < codes.length; i++) if (codes[i] === size) lengths[i] = tail.length;
    },
    writeEach(codes, target, starts) {
      base.writeEach(withoutLast(codes), target, starts);
      for (let i = 0; i < codes.length; i++) if (codes[i] === size) target.set(tail, starts[i]);
    },
    text: (code) => (code === size ? last : base.text(code)),
  };
}
