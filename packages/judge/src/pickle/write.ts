/** @file Writes plain data as a pickle of protocol 2, which every Python reads. */

/** Data that can be written. */
export type Writable = number | string | readonly Writable[] | { readonly [name: string]: Writable };

/** Writes a value. Numbers become floats. */
export function writePickle(value: Writable): Uint8Array {
  return Buffer.concat([Buffer.from([0x80, 2]), ...piecesOf(value), Buffer.from([0x2e])]);
}

function piecesOf(value: Writable): Buffer[] {
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9, 0x47);
    bytes.writeDoubleBE(value, 1);
    return [bytes];
  }
  if (typeof value === "string") {
    const text = Buffer.from(value, "utf8");
    const head = Buffer.alloc(5, 0x58);
    head.writeUInt32LE(text.length, 1);
    return [head, text];
  }
  if (isList(value)) return [Buffer.from("](", "latin1"), ...value.flatMap(piecesOf), Buffer.from("e", "latin1")];
  const items = Object.entries(value).flatMap(([name, each]) => [...piecesOf(name), ...piecesOf(each)]);
  return [Buffer.from("}(", "latin1"), ...items, Buffer.from("u", "latin1")];
}

/** Array.isArray does not narrow readonly arrays. */
const isList = (value: Writable): value is readonly Writable[] => Array.isArray(value);
