/** @file The columns of a table that mean nothing to scoring, such as an id or a seed: they come out again beside the scores. */

import type { Kind } from "@pickapic/dataset";

/** A column that comes out again. */
export interface CarriedColumn {
  /** In the output. */
  readonly name: string;
  readonly kind: Kind;
}

/** A row's values under their names in the output. */
export type Carried = Readonly<Record<string, unknown>>;

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;

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

/** Columns in the order in which they were met, and how those are called that have a name of ours. */
export class CarriedColumns {
  readonly #taken: readonly string[];
  /** null: nothing but empty cells so far. */
  readonly #kinds = new Map<string, Kind | null>();
  #names: Map<string, string> | undefined;

  /** @param taken the names of our own columns, whether they are written this time or not: with another option a name stays what it is */
  constructor(taken: readonly string[]) {
    this.#taken = taken;
  }

  get size(): number {
    return this.#kinds.size;
  }

  /** @param kind null: not known from this row */
  add(name: string, kind: Kind | null): void {
    const before = this.#kinds.get(name);
    if (before === undefined) this.#names = undefined;
    this.#kinds.set(name, before && kind ? kindOfBoth(before, kind) : (before ?? kind));
  }

  /** As the table calls them. */
  names(): string[] {
    return [...this.#kinds.keys()];
  }

  columns(): CarriedColumn[] {
    return [...this.#outputNames()].map(([name, output]) => ({ name: output, kind: this.#kinds.get(name) ?? "text" }));
  }

  /** The values of a row that belong to these columns. */
  of(values: Readonly<Record<string, unknown>>, without: readonly string[]): Carried {
    const names = this.#outputNames();
    const own = Object.entries(values).filter(([name]) => names.has(name) && !without.includes(name));
    return Object.fromEntries(own.map(([name, value]) => [names.get(name)!, value ?? null]));
  }

  /** `score` becomes `input_score`, or, where the table has that too, `input_input_score`: nothing is lost. */
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

/** As a cell: text as it is, lists and objects as JSON, nothing for what is empty. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? jsonText(value) : String(value);
}

/** TypeScript's library does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

/** JSON with all digits of long integers. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? rawJSON(String(each)) : each));
}

/** For Parquet, by the kind of the column. */
export function parquetCell(value: unknown, kind: Kind): string | number | bigint | boolean | null {
  if (value === null || value === undefined) return null;
  if (kind === "integer") return BigInt(value as number | bigint);
  if (kind === "number") return Number(value);
  return kind === "boolean" ? Boolean(value) : cellText(value);
}
