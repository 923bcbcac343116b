/** @file Reads the arguments of a pickle's opcodes. Every length is compared with what is left before anything is allocated. */
import { byteAt } from "@pickapic/errors";
import { type PickleLimits, refuse } from "./value.ts";

/** Longest line of protocol 0 that is no text: a number or a name. */
const LONGEST_LINE = 200;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of a pickle, with the position that is read next. */
export class PickleBytes {
  /** The position that is read next. */
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #textBytesLeft: number;

  constructor(bytes: Uint8Array, { mostTextBytes }: Pick<PickleLimits, "mostTextBytes">) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#textBytesLeft = mostTextBytes;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** The next byte. */
  byte(): number {
    return byteAt(this.#bytes, this.#skip(1));
  }

  /** An unsigned integer, little endian. One of 8 bytes above 2^53 is longer than every pickle. */
  uint(size: 1 | 2 | 4 | 8): number {
    const at = this.#skip(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, true);
    if (size === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  /** A signed integer of 4 bytes, little endian. */
  int(size: 4): number {
    return this.#view.getInt32(this.#skip(size), true);
  }

  /** A signed integer of any number of bytes up to 8. */
  long(size: number): number {
    if (size > 8) return refuse(`it has an integer of ${size} bytes`);
    const at = this.#skip(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(byteAt(this.#bytes, at + i));
    return Number(BigInt.asIntN(8 * size, value));
  }

  /** A double of 8 bytes, big endian. */
  double(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  /** A view of the next bytes. */
  bytes(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A text in UTF-8. */
  text(length: number): string {
    return this.#decode(this.bytes(this.#textRoom(length)));
  }

  /** A line: a name of protocol 0, without its line feed. */
  line(): string {
    const bytes = this.#lineBytes();
    if (bytes.length > LONGEST_LINE) return refuse("it has a name that is too long");
    return this.#decode(bytes);
  }

  /** An integer in decimal digits on a line; "00" and "01" are false and true, which count as 0 and 1. */
  integerLine(): number {
    const text = this.line().replace(/L$/, "");
    return /^-?\d{1,19}$/.test(text) ? Number(text) : refuse("it has an integer that is none");
  }

  /** A number in decimal digits on a line. */
  floatLine(): number {
    const text = this.line();
    if (/^-?(?:inf|nan)$/i.test(text)) return Number.NaN;
    return /^-?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : refuse("it has a number that is none");
  }

  /** A text on a line, in Latin-1 with the escapes \uXXXX and \UXXXXXXXX. */
  escapedLine(): string {
    const bytes = this.#lineBytes();
    const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, this.#textRoom(bytes.length)).toString("latin1");
    return latin1.replaceAll(/\\u([0-9a-fA-F]{4})|\\U000([0-9a-fA-F]{5})|\\U0010([0-9a-fA-F]{4})/g, (_, short, long, last) =>
      String.fromCodePoint(Number.parseInt(short ?? long ?? `10${last}`, 16)),
    );
  }

  #lineBytes(): Uint8Array {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0) return refuse("a line has no end");
    const bytes = this.bytes(end - this.at);
    this.#skip(1);
    return bytes;
  }

  #textRoom(length: number): number {
    this.#textBytesLeft -= length;
    return this.#textBytesLeft < 0 ? refuse("its texts are too long") : length;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch {
      return refuse("a text is no UTF-8");
    }
  }

  /** Moves on, and returns where it was. */
  #skip(length: number): number {
    if (length > this.left) refuse(`it ends at byte ${this.#bytes.length}, where ${length} more bytes were announced`);
    const at = this.at;
    this.at += length;
    return at;
  }
}
