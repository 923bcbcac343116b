/** @file The closed list of Python names that plain data in a pickle uses, and the data that each makes of its arguments. Any other name is refused, and nothing is imported. */
import { itemAt } from "@pickapic/errors";
import { type ArrayType, type PickleValue, refuse } from "./value.ts";

/** A name of the closed list, before it is called. */
export interface Known {
  readonly known: KnownName;
}

type KnownName = "encode" | "bytes" | "bytearray" | "_reconstruct" | "ndarray" | "dtype" | "scalar" | "_frombuffer";

/** Module and name, as Python 2 and 3 and NumPy 1 and 2 write them. */
const NAMES = new Map<string, KnownName>([
  // Python writes bytes in the protocols 0 to 2 as _codecs.encode(text, "latin1").
  ["_codecs encode", "encode"],
  ["__builtin__ bytes", "bytes"],
  ["builtins bytes", "bytes"],
  ["__builtin__ bytearray", "bytearray"],
  ["builtins bytearray", "bytearray"],
  // flow_grpo splits its prompts with NumPy, so that they come as an array of texts.
  ["numpy ndarray", "ndarray"],
  ["numpy dtype", "dtype"],
  ...["numpy.core", "numpy._core"].flatMap((core): [string, KnownName][] => [
    [`${core}.multiarray _reconstruct`, "_reconstruct"],
    [`${core}.multiarray scalar`, "scalar"],
    [`${core}.numeric _frombuffer`, "_frombuffer"],
  ]),
]);

/** Looks a name up in the closed list. @throws JudgeError PICKAPIC_JUDGE_PICKLE for every other name */
export function knownName(module: string, name: string): Known {
  const known = NAMES.get(`${module} ${name}`);
  return known ? { known } : refuse(`it names ${module.slice(0, 60)}.${name.slice(0, 60)}, which is no plain data`);
}

/** The data that a name makes of its arguments. `unbuilt` values wait for their content. @throws JudgeError PICKAPIC_JUDGE_PICKLE */
export function reduce(
  { known }: Known,
  values: readonly PickleValue[],
): { readonly value: PickleValue; readonly unbuilt?: true } {
  switch (known) {
    case "encode":
      return { value: latin1Of(values) };
    case "bytes":
      return { value: values.length === 0 ? new Uint8Array() : refuse("it makes bytes in an unknown way") };
    case "bytearray":
      return { value: values.length === 1 && values[0] instanceof Uint8Array ? values[0] : latin1Of(values) };
    case "_reconstruct":
      return values[0] === "name ndarray" ? { value: [], unbuilt: true } : refuse("it rebuilds an object that is no array");
    case "dtype":
      return { value: typeOf(values[0]), unbuilt: true };
    case "scalar":
      return { value: itemAt(readArray(values[0], [1], values[1]), 0) };
    case "_frombuffer":
      return { value: readArray(values[1], values[2], values[0]) };
    default:
      return refuse(`it calls ${known}`);
  }
}

/** Gives an array of NumPy its content, or a type its byte order. @throws JudgeError PICKAPIC_JUDGE_PICKLE */
export function build(target: PickleValue, state: PickleValue): void {
  if (!Array.isArray(state)) refuse("it gives an array of NumPy a state that is no tuple");
  if (Array.isArray(target)) {
    const [, shape, type, , content] = state;
    for (const value of readArray(type, shape, content)) target.push(value);
  } else if (isType(target)) target.isLittleEndian = state[1] === "<" || (state[1] === "|" && target.kind === "O");
}

function latin1Of([text, encoding]: readonly PickleValue[]): Uint8Array {
  if (typeof text !== "string" || typeof encoding !== "string" || !/^(?:latin[-_]?1|iso-?8859-1)$/i.test(encoding))
    return refuse("it makes bytes of something else than a text in Latin-1");
  const bytes = Buffer.from(text, "latin1");
  // Characters above 255 would lose their upper bits.
  return bytes.toString("latin1") === text ? bytes : refuse("it makes bytes of a text that is not in Latin-1");
}

/** Most characters of a text in an array. NumPy stores all texts of an array with the length of the longest. */
const LONGEST = 20_000;

function typeOf(text: PickleValue | undefined): ArrayType {
  const [, order, kind, size] = /^([<>|=]?)([UO])(\d{0,6})$/.exec(typeof text === "string" ? text : "") ?? [];
  if ((kind !== "U" && kind !== "O") || Number(size) > LONGEST) return refuse("it has an array of NumPy that holds no texts");
  return { kind, size: Number(size), isLittleEndian: order !== ">" };
}

function isType(value: PickleValue | undefined): value is ArrayType {
  return typeof value === "object" && value !== null && "kind" in value;
}

/** Most entries of an array. */
const MOST_ENTRIES = 4_096;

function readArray(
  type: PickleValue | undefined,
  shape: PickleValue | undefined,
  content: PickleValue | undefined,
): PickleValue[] {
  const [count, another] = Array.isArray(shape) ? shape : [];
  if (!isType(type)) return refuse("it has an array of NumPy without a type");
  if (typeof count !== "number" || another !== undefined || !(count >= 0 && count <= MOST_ENTRIES))
    return refuse("it has an array of NumPy that is no list of texts");
  if (type.kind === "O")
    return Array.isArray(content) && content.length === count ? content : refuse("it has an array of NumPy of a wrong length");
  if (!(content instanceof Uint8Array) || !type.isLittleEndian || content.length !== count * type.size * 4)
    return refuse("it has an array of NumPy of a wrong length or byte order");
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return Array.from({ length: count }, (_, i) => textAt(view, i * type.size * 4, type.size));
}

/** A text in UTF-32, padded with zeros. */
function textAt(view: DataView, start: number, size: number): string {
  let text = "";
  for (let i = 0; i < size; i++) {
    const code = view.getUint32(start + 4 * i, true);
    if (code === 0) break;
    if (code > 0x10ffff) return refuse("it has an array of NumPy with a number that is no Unicode character");
    text += String.fromCodePoint(code);
  }
  return text;
}
