/** @file Lookups that cannot miss unless the program is wrong. They throw instead of handing on `undefined`. */

/**
 * `list[i]`, for an index that is known to lie in the list.
 * @throws RangeError when it does not: a mistake of the program
 */
export function itemAt<T>(list: { readonly length: number; readonly [i: number]: T }, i: number): T {
  const item = list[i];
  if (item === undefined) throw new RangeError(`Expected an index below ${list.length}; got ${i}.`);
  return item;
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
