/** @file What a table of settings is: one flat object, every value with its unit and reason, an unknown key an error. */
import { PickScoreError } from "../errors.ts";

export interface Setting<T> {
  default: T;
  unit: string;
  /** The paper's value where it has one, or why the default is what it is. */
  reason: string;
  expected: string;
  allows(value: unknown): boolean;
}

export type SettingTable<S> = { [K in keyof S]: Setting<S[K]> };

export const text = {
  unit: "path or name",
  expected: "a non-empty text",
  allows: (value: unknown) => typeof value === "string" && value !== "",
};
export const count = (least: number) => ({
  expected: `a whole number of at least ${least}`,
  allows: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= least,
});
export const number = (low: number, high: number) => ({
  expected: `a number from ${low} to ${high}`,
  allows: (value: unknown) => typeof value === "number" && value >= low && value <= high,
});
export const flag = { unit: "yes or no", expected: "true or false", allows: (value: unknown) => typeof value === "boolean" };
export const choice = (...names: string[]) => ({
  unit: "choice",
  expected: `one of ${names.join(", ")}`,
  allows: (value: unknown) => names.includes(value as string),
});

/**
 * Defaults filled in, every value checked.
 * @throws {PickScoreError} for a key that does not exist and for a value outside its range; both name the key.
 */
export function resolve<S extends object>(table: SettingTable<S>, given: Readonly<Partial<S>>): S {
  for (const key of Object.keys(given)) assertKnown(key, table);
  const entries = Object.entries<Setting<unknown>>(table as Record<string, Setting<unknown>>);
  const values = given as Record<string, unknown>;
  return Object.fromEntries(entries.map(([key, setting]) => [key, allowed(key, values[key] ?? setting.default, setting)])) as S;
}

function assertKnown(key: string, table: object): void {
  if (Object.hasOwn(table, key)) return;
  const known = Object.keys(table).join(", ");
  throw new PickScoreError("PICKAPIC_SETTING_UNKNOWN", `Training has no setting "${key}". It has: ${known}.`);
}

function allowed(key: string, value: unknown, { expected, allows }: Setting<unknown>): unknown {
  if (allows(value)) return value;
  const came = JSON.stringify(value) ?? String(value);
  throw new PickScoreError("PICKAPIC_SETTING_INVALID", `Training setting "${key}" must be ${expected}; got ${came}.`);
}
