/** @file The plain data that a pickle may hold, and its bounds. */
import { JudgeError } from "../errors.ts";

/** Plain data: tuples are arrays. A type of NumPy is data too, but only until the array that it describes is read. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<string | number | boolean | null, PickleValue>
  | ArrayType;

/** The type of a NumPy array: U, texts of `size` characters; O, any values. */
export interface ArrayType {
  readonly kind: "U" | "O";
  readonly size: number;
  isLittleEndian: boolean;
}

/** The bounds of a pickle. */
export interface PickleLimits {
  /** Opcodes; a batch of 64 images takes about 400. */
  readonly mostOpcodes: number;
  /** Lists and dictionaries inside each other. */
  readonly deepest: number;
  /** The number of values, where a shared value counts as often as it is used. */
  readonly mostValues: number;
  /** Bytes of all texts together; images of protocols 0 to 2 are texts. */
  readonly mostTextBytes: number;
}

/** The bounds of a question: under 100 MB of memory, whatever the pickle says. */
export const PICKLE_LIMITS: PickleLimits = {
  mostOpcodes: 50_000,
  deepest: 16,
  mostValues: 50_000,
  mostTextBytes: 24 * 1024 * 1024,
};

/** Refuses the pickle. @throws JudgeError PICKAPIC_JUDGE_PICKLE */
export function refuse(what: string): never {
  throw new JudgeError("PICKAPIC_JUDGE_PICKLE", what);
}

/** Refuses values that are nested too deeply, that hold themselves, or that would be too many if shared ones were copied. */
export function checkShape(value: PickleValue, limits: PickleLimits): void {
  const counts = new Map<PickleValue, number>();
  const count = (each: PickleValue, depth: number): number => {
    const inner = childrenOf(each);
    if (inner === null) return 1;
    if (depth > limits.deepest) refuse(`its lists are nested more than ${limits.deepest} deep`);
    const known = counts.get(each);
    if (known !== undefined && known >= 0) return known;
    // A value that is met inside itself has no count yet.
    if (known !== undefined) refuse("a list holds itself");
    counts.set(each, -1);
    let sum = 1;
    for (const child of inner) {
      sum += count(child, depth + 1);
      if (sum > limits.mostValues) refuse(`it has more than ${limits.mostValues} values`);
    }
    counts.set(each, sum);
    return sum;
  };
  count(value, 1);
}

function childrenOf(value: PickleValue): Iterable<PickleValue> | null {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? value.values() : null;
}
