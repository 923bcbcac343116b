/** @file Lookups that cannot miss unless the program is wrong. They throw instead of handing on `undefined`. */

/**
 * `list[i]`, for an index that is known to lie in the list.
 * @throws RangeError when it does not: a mistake of the program
 */
export function itemAt<T>(list: { readonly length: number; readonly [i: number]: T }, i: number): T {
  const item = list[i];
  if (item === undefined) throw outside(list, i);
  return item;
}

/**
 * `bytes[i]`, for an index that is known to lie in the array. Loops over pixels and weights read with it or with `floatAt` instead
 * of `itemAt`: a function that always sees the same kind of array costs as much as a plain read, one that sees many kinds four
 * times as much.
 * @throws RangeError when the index lies outside: a mistake of the program
 */
export function byteAt(bytes: Uint8Array, i: number): number {
  const byte = bytes[i];
  if (byte === undefined) throw outside(bytes, i);
  return byte;
}

/**
 * `values[i]`, as `byteAt` reads bytes.
 * @throws RangeError when the index lies outside: a mistake of the program
 */
export function floatAt(values: Float32Array, i: number): number {
  const value = values[i];
  if (value === undefined) throw outside(values, i);
  return value;
}

/**
 * `values[i]`, as `byteAt` reads bytes.
 * @throws RangeError when the index lies outside: a mistake of the program
 */
export function doubleAt(values: Float64Array, i: number): number {
  const value = values[i];
  if (value === undefined) throw outside(values, i);
  return value;
}

/**
 * `record[name]`, for a name that is known to be in the record.
 * @throws RangeError when it is not: a mistake of the program
 */
export function fieldOf<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name];
  if (value === undefined) throw new RangeError(`Expected a known name; got ${name}.`);
  return value;
}

/**
 * `map.get(key)`, for a key that is known to be in the map.
 * @throws RangeError when it is not: a mistake of the program
 */
export function entryOf<K, V>(map: { get(key: K): V | undefined }, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new RangeError(`Expected a known key; got ${String(key)}.`);
  return value;
}

/** Apart from the reads, so that these stay small enough for V8 to put into the loops that call them. */
function outside({ length }: { readonly length: number }, i: number): RangeError {
  return new RangeError(`Expected an index below ${length}; got ${i}.`);
}
