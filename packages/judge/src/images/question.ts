/**
 * @file Parses the JSON of a question without turning its images into JavaScript strings. Megabytes of base64 cost more as strings than all else that
 * a question costs before the scorer: they are scanned, copied into the heap, validated, and moved by the garbage collector while the caller waits.
 */
import { randomUUID } from "node:crypto";

/** An image of a JSON body as the text that came, base64 or a data URL. It stays in the memory that the body was read into. */
export class HeldImage {
  readonly #memory: Buffer;
  #decoded: Uint8Array | undefined;

  /** @param text ASCII, without quotes and escapes; `decode` writes over it */
  constructor(text: Buffer) {
    this.#memory = text;
  }

  /** The beginning of the text, for the errors that show what came. */
  toJSON(): string {
    return this.#memory.toString("latin1", 0, 100);
  }

  /**
   * The bytes of the image, which take the memory of the text. Another call returns the same bytes.
   * @param read turns the text into bytes, in the memory of the text
   */
  decode(read: (text: Buffer) => Uint8Array): Uint8Array {
    this.#decoded ??= read(this.#memory);
    return this.#decoded;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
/** Space, tab and the ends of lines, as JSON has them. */
const WHITE_SPACE = [0x20, 0x09, 0x0a, 0x0d];
/** Shorter texts are parsed as any other. */
const SHORTEST_HELD = 1_024;
/** How the base64 of JPEG, PNG, WebP and GIF begins, and every data URL. */
const BEGINNINGS = ["/9j/", "iVBORw0KGgo", "UklGR", "R0lGOD", "data:"].map((text) => Buffer.from(text));
/** Texts of a body that are looked at: 1,024 images under prompts of their own have a sixth of them. */
const MOST_TEXTS = 50_000;
/** Levels in which images are put back; no question has as many. */
const MOST_LEVELS = 20;
/** What stands for an image while the rest is parsed; random, so that no text of a caller is taken for it. */
const STAND_IN = `${randomUUID()} `;

/**
 * Parses a body. Long texts that begin as images do come out as `HeldImage`, all else as from JSON.parse.
 * @throws SyntaxError when the body is no JSON
 */
export function parseQuestion(body: Buffer): unknown {
  const held: HeldImage[] = [];
  const pieces: Buffer[] = [];
  let copied = 0;
  for (const [start, end] of textsOf(body)) {
    if (!isImage(body, start, end)) continue;
    pieces.push(body.subarray(copied, start), Buffer.from(STAND_IN + held.length));
    held.push(new HeldImage(body.subarray(start, end)));
    copied = end;
  }
  if (held.length === 0) return JSON.parse(body.toString());
  return withImages(JSON.parse(Buffer.concat([...pieces, body.subarray(copied)]).toString()), held, MOST_LEVELS);
}

/** Where the texts of a body begin and end, without their quotes. Names of fields are among them. */
function* textsOf(body: Buffer): Generator<readonly [start: number, end: number]> {
  let at = 0;
  for (let texts = 0; texts < MOST_TEXTS; texts++) {
    const start = body.indexOf(QUOTE, at) + 1;
    const end = start === 0 ? -1 : endOfText(body, start);
    if (end < 0) return;
    yield [start, end];
    at = end + 1;
  }
}

/** The index of the quote that ends a text: the first one that has an even number of backslashes before it; -1 when there is none. */
function endOfText(body: Buffer, start: number): number {
  for (let at = start; ; at++) {
    at = body.indexOf(QUOTE, at);
    let first = at;
    while (first > start && body[first - 1] === BACKSLASH) first--;
    if (at < 0 || (at - first) % 2 === 0) return at;
  }
}

function isImage(body: Buffer, start: number, end: number): boolean {
  if (end - start < SHORTEST_HELD) return false;
  const begins = BEGINNINGS.some((beginning) => beginning.equals(body.subarray(start, start + beginning.length)));
  return begins && !body.subarray(start, end).includes(BACKSLASH) && !isName(body, end);
}

/** Whether the text that ends here is the name of a field. */
function isName(body: Buffer, end: number): boolean {
  let after = end + 1;
  while (WHITE_SPACE.includes(body[after] ?? 0)) after++;
  return body[after] === COLON;
}

/** Puts images where their stand-ins are. */
function withImages(value: unknown, held: readonly HeldImage[], levels: number): unknown {
  if (typeof value === "string")
    return value.startsWith(STAND_IN) ? (held[Number(value.slice(STAND_IN.length))] ?? value) : value;
  if (typeof value !== "object" || value === null || levels === 0) return value;
  for (const [key, inner] of Object.entries(value)) {
    const put = withImages(inner, held, levels - 1);
    // Defined, because an assignment to the key "__proto__" would do something else.
    if (put !== inner) Object.defineProperty(value, key, { value: put, enumerable: true, writable: true, configurable: true });
  }
  return value;
}
