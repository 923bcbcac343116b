/** @file Tables of settings: each setting has a default, a description and a check. An unknown key is an error. */
import { PickScoreError } from "../errors.ts";

/** One setting: its default, its description, and its check. */
export interface Setting<T> {
  default: T;
  /** What the setting does, with its unit; begins with a small letter and has no full stop. */
  does: string;
  /** The value that the paper used, if it names one. */
  paper?: string;
  /** The allowed values in words, for error messages. */
  expected: string;
  /** The type that the command line reads a typed value as. */
  kind: "text" | "number" | "flag";
  allows(value: unknown): boolean;
}

/** A table with one entry for each setting of `S`. */
export type SettingTable<S> = { [K in keyof S]: Setting<S[K]> };

/** A setting whose value is a text that is not empty. */
export const text = {
  kind: "text" as const,
  expected: "a non-empty text",
  allows: (value: unknown) => typeof value === "string" && value !== "",
};

/** A setting whose value is a whole number of at least `least`. */
export const count = (least: number) => ({
  kind: "number" as const,
  expected: `a whole number of at least ${least}`,
  allows: (value: unknown) => typeof value === "number" && Number.isSafeInteger(value) && value >= least,
});

/** A setting whose value is a number from `low` to `high`, both included. */
export const number = (low: number, high: number) => ({
  kind: "number" as const,
  expected: `a number from ${low} to ${high}`,
  allows: (value: unknown) => typeof value === "number" && value >= low && value <= high,
});

/** A setting whose value is true or false. */
export const flag = { kind: "flag" as const, expected: "true or false", allows: (value: unknown) => typeof value === "boolean" };

/** A setting whose value is one of `names`. */
export const choice = (...names: string[]) => ({
  kind: "text" as const,
  expected: `one of ${names.join(", ")}`,
  allows: (value: unknown) => typeof value === "string" && names.includes(value),
});

/** The same setting, with "auto" allowed as well: then a rule chooses the value. */
export const orAuto = <S extends Pick<Setting<unknown>, "expected" | "allows">>(setting: S): S => ({
  ...setting,
  expected: `auto, or ${setting.expected}`,
  allows: (value: unknown) => value === "auto" || setting.allows(value),
});

/**
 * Fills in the defaults and checks every value.
 * @throws {PickScoreError} PICKAPIC_TRAIN_SETTING_UNKNOWN, PICKAPIC_TRAIN_SETTING_INVALID; both name the key
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
  throw new PickScoreError("PICKAPIC_TRAIN_SETTING_UNKNOWN", key, known);
}

function allowed(key: string, value: unknown, { expected, allows }: Setting<unknown>): unknown {
  if (allows(value)) return value;
  const came = JSON.stringify(value) ?? String(value);
  throw new PickScoreError("PICKAPIC_TRAIN_SETTING_INVALID", key, expected, came);
}
