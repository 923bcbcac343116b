/** @file Says in words what a schema expected of a value, and what came instead. */

/** A fault that zod found, as far as it is read here. Which of its details there are depends on the code. */
export interface SchemaIssue {
  readonly code?: string | undefined;
  readonly path?: readonly PropertyKey[] | undefined;
  readonly message?: string | undefined;
  readonly expected?: unknown;
  readonly values?: unknown;
  readonly keys?: unknown;
  readonly errors?: unknown;
  /** The values of the field by which the alternatives of a union are told apart. */
  readonly options?: unknown;
  readonly origin?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly inclusive?: unknown;
  readonly exact?: unknown;
  readonly divisor?: unknown;
  readonly format?: unknown;
  readonly pattern?: unknown;
  readonly prefix?: unknown;
  readonly suffix?: unknown;
  readonly includes?: unknown;
}

/** The first fault of a value. */
export interface SchemaFault {
  /** The names from the value to what is wrong in it, joined by dots; "" for the value itself. */
  readonly path: string;
  /** Such as `expected a whole number; got "ten"`. */
  readonly sentence: string;
}

/**
 * Says what a schema expected, such as "expected a whole number". It is meant as zod's `error`, of one schema, of one call of
 * `safeParse`, or of all of them, so that messages have one voice; a schema's own message comes before it.
 * @param issue the fault
 */
export function expectedOf(issue: SchemaIssue): string {
  return `expected ${wordsOf(issue)}`;
}

/**
 * Describes the first fault of a value that a schema refused.
 * @param issues what zod found, with the messages of `expectedOf` or of the schema itself
 * @param value the whole value
 */
export function firstFault(issues: readonly SchemaIssue[], value: unknown): SchemaFault {
  const { path = [], code, message = "expected something else" } = innermost(issues[0] ?? {});
  // A message that tells what came would tell it twice; an unknown field is named by the message, and its neighbours do not matter.
  const isWhole = code === "unrecognized_keys" || /; (got|it) /.test(message);
  return { path: path.join("."), sentence: isWhole ? message : `${message}; got ${shown(valueAt(value, path))}` };
}

/**
 * The fault inside of a union, where one alternative fits further into the value than all others: a list that was meant as a list is then told its wrong
 * entry, and not that it might have been a text. A union with a message of its own keeps that.
 */
function innermost(issue: SchemaIssue): SchemaIssue {
  if (issue.code !== "invalid_union" || issue.message !== expectedOf(issue)) return issue;
  const firsts = listOf(issue.errors).flatMap((issues) => listOf(issues).slice(0, 1).filter(isIssue).map(innermost));
  const deepest = firsts.toSorted((a, b) => depthOf(b) - depthOf(a));
  const [first, second] = deepest;
  if (!first || depthOf(first) === 0 || (second && depthOf(second) === depthOf(first))) return issue;
  return { ...first, path: [...(issue.path ?? []), ...(first.path ?? [])] };
}

const depthOf = ({ path = [] }: SchemaIssue): number => path.length;

/** The beginning of a value as JSON, at most `most` characters; "nothing" for a value that is absent. */
export function shown(value: unknown, most = 60): string {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  const text = asJson(value);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? String(each) : each)) ?? "nothing";
  } catch {
    return "lists or objects nested thousands of levels deep";
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** What zod calls a kind of value, and what we call it. */
const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  bigint: "a whole number",
  boolean: "true or false",
  stringbool: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  nan: "NaN",
  nonoptional: "a value",
};

const FORMATS: Readonly<Record<string, string>> = {
  guid: "an id (a UUID)",
  uuid: "an id (a UUID)",
  url: "an address with its scheme, such as https://example.org",
  email: "an email address",
  datetime: "a time such as 2026-11-28T09:30:00Z",
  date: "a day such as 2026-11-28",
  base64: "base64",
};

function wordsOf(issue: SchemaIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[String(issue.expected)] ?? String(issue.expected);
    case "invalid_value":
      return issue.expected === "stringbool" ? "true or false" : alternatives(listOf(issue.values).map((value) => shown(value)));
    case "too_small":
    case "too_big":
      return sizeOf(issue);
    case "invalid_format":
      return formatOf(issue);
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return `no field ${alternatives(listOf(issue.keys).map((key) => shown(key)))}`;
    case "invalid_union":
      return listOf(issue.options).length > 0
        ? alternatives(listOf(issue.options).map((value) => shown(value)))
        : unionOf(listOf(issue.errors));
    default:
      return "something else";
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** "a", "a or b", "a, b or c", without repetitions. */
function alternatives(words: readonly string[]): string {
  const different = [...new Set(words)];
  return different.length < 2
    ? (different[0] ?? "something else")
    : `${different.slice(0, -1).join(", ")} or ${different.at(-1)}`;
}

const plural = (n: unknown, one: string, many: string): string => `${n} ${String(n) === "1" ? one : many}`;

function sizeOf({ origin, minimum, maximum, inclusive, exact, code }: SchemaIssue): string {
  const isLeast = code === "too_small";
  const bound = isLeast ? minimum : maximum;
  const quantifier = exact === true ? "exactly" : isLeast ? "at least" : "at most";
  if (origin === "string")
    return String(bound) === "1" && isLeast
      ? "a text that is not empty"
      : `a text of ${quantifier} ${plural(bound, "character", "characters")}`;
  if (origin === "array" || origin === "set" || origin === "map") return `${quantifier} ${plural(bound, "entry", "entries")}`;
  if (inclusive === false) return `a number ${isLeast ? "above" : "below"} ${bound}`;
  return `a number of ${quantifier} ${bound}`;
}

function formatOf({ format, pattern, prefix, suffix, includes }: SchemaIssue): string {
  const known = FORMATS[String(format)];
  if (known !== undefined) return known;
  if (prefix !== undefined) return `a text that begins with ${shown(prefix)}`;
  if (suffix !== undefined) return `a text that ends with ${shown(suffix)}`;
  if (includes !== undefined) return `a text with ${shown(includes)} in it`;
  return format === "regex" ? `a text of the form ${pattern}` : `a text of the kind ${format}`;
}

/** What the alternatives of a union expected. zod itself reports the detail where one alternative fits but for it. */
function unionOf(errors: readonly unknown[]): string {
  const firsts = errors.flatMap((issues) => listOf(issues).slice(0, 1).filter(isIssue));
  return alternatives(firsts.map(({ message = "" }) => message.replace(/^expected /, "")));
}

const isIssue = (value: unknown): value is SchemaIssue => typeof value === "object" && value !== null;

/** Parses JSON; undefined for a text that is no JSON, so that a schema refuses it like any other wrong value. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
