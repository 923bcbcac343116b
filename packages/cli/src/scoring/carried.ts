/** @file Carries the columns of a table that scoring does not use, such as an id or a seed, over into the output. */

import type { Kind } from "@pickapic/dataset";

/** A column that is carried over. */
export interface CarriedColumn {
  /** Its name in the output. */
  readonly name: string;
  readonly kind: Kind;
}

/** The carried values of a row under their names in the output. */
export type Carried = Readonly<Record<string, unknown>>;

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;

/** The kind of column that holds a value. Integers beyond 64 bits, lists and objects are text; every fraction is a number. */
export function kindOf(value: unknown): Kind {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "integer" : "number";
  return typeof value === "bigint" && value >= INT64[0] && value <= INT64[1] ? "integer" : "text";
}

function kindOfBoth(a: Kind, b: Kind): Kind {
  if (a === b) return a;
  const numeric = (kind: Kind) => kind === "integer" || kind === "number";
  return numeric(a) && numeric(b) ? "number" : "text";
}

/** Collects the carried columns in the order in which they were met, and renames those whose names the scores use. */
export class CarriedColumns {
  readonly #taken: readonly string[];
  /** The kinds of the columns. Null while a column has had only empty cells. */
  readonly #kinds = new Map<string, Kind | null>();
  #names: Map<string, string> | undefined;

  /** @param taken the names of all columns of scores, also of those that are not written this time, so that no option changes the name of a carried column */
  constructor(taken: readonly string[]) {
    this.#taken = taken;
  }

  get size(): number {
    return this.#kinds.size;
  }

  /**
   * Adds a column, or widens its kind so that it holds this one as well.
   * @param kind null if this row does not tell it
   */
  add(name: string, kind: Kind | null): void {
    const before = this.#kinds.get(name);
    if (before === undefined) this.#names = undefined;
    this.#kinds.set(name, before && kind ? kindOfBoth(before, kind) : (before ?? kind));
  }

  /** Returns the names of the columns in the table. */
  names(): string[] {
    return [...this.#kinds.keys()];
  }

  columns(): CarriedColumn[] {
    return [...this.#outputNames()].map(([name, output]) => ({ name: output, kind: this.#kinds.get(name) ?? "text" }));
  }

  /** Returns the carried values of a row, without those of the given columns. */
  of(values: Readonly<Record<string, unknown>>, without: readonly string[]): Carried {
    const names = this.#outputNames();
    const own = Object.entries(values).filter(([name]) => names.has(name) && !without.includes(name));
    return Object.fromEntries(own.map(([name, value]) => [names.get(name)!, value ?? null]));
  }

  /** Maps names in the table to names in the output. `score` becomes `input_score` or, if the table has that as well, `input_input_score`. */
  #outputNames(): ReadonlyMap<string, string> {
    if (this.#names) return this.#names;
    const used = new Set([...this.#taken, ...this.#kinds.keys()]);
    const free = (name: string): string => (used.has(name) ? free(`input_${name}`) : name);
    const named = [...this.#kinds.keys()].map((name) => {
      const output = this.#taken.includes(name) ? free(name) : name;
      used.add(output);
      return [name, output] as const;
    });
    this.#names = new Map(named);
    return this.#names;
  }
}

/** Returns a value as the text of a cell: text as it is, lists and objects as JSON, and "" for a missing value. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? jsonText(value) : String(value);
}

declare global {
  interface JSON {
    /** Returns what `stringify` writes as this text; TypeScript's own types do not have it yet. */
    rawJSON(text: string): unknown;
  }
}

/** Returns a value as JSON, with all digits of long integers. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? JSON.rawJSON(String(each)) : each));
}

/** Converts a value to a Parquet cell of a column's kind. */
export function parquetCell(value: unknown, kind: Kind): string | number | bigint | boolean | null {
  if (value === null || value === undefined) return null;
  if (kind === "integer") return BigInt(value as number | bigint);
  if (kind === "number") return Number(value);
  return kind === "boolean" ? Boolean(value) : cellText(value);
}
