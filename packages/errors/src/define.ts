/** @file How a package declares its errors: one table of codes, each with its HTTP status, exit code and text. */

/** A value that a text may quote. */
type Quoted = string | number | boolean;

/** One error of a table. */
export interface ErrorEntry {
  /** HTTP status of the reply when the error happens in a request, 400 ... 599. Default 500. */
  readonly status?: number;
  /** Exit code of the command that ends with this error: 1 it failed, 2 it was used wrongly. Default 1. */
  readonly exitCode?: 1 | 2;
  /** For docs/errors.md, where the text says too little without its values: a sentence about when the error happens. */
  readonly meaning?: string;
  /**
   * One or more whole sentences: who speaks, what was expected, what came, what to do. May contain line breaks. Declared as a
   * method, so that a text may ask for narrower values than these; the constructor of the error then asks for the same.
   */
  text(...values: Quoted[]): string;
}

/** Code -> error. Codes start with PICKAPIC_ and do not change after their release, because programs compare them. */
export type ErrorTable = Readonly<Record<string, ErrorEntry>>;

/** An error whose message can be shown to the user as it is. Any other thrown error is a bug. */
export class UserError<Code extends string = string> extends Error {
  readonly code: Code;
  /** HTTP status, 400 ... 599. */
  readonly status: number;
  readonly exitCode: 1 | 2;

  constructor(name: string, code: Code, entry: Omit<ErrorEntry, "text">, message: string) {
    super(printable(message));
    this.name = name;
    this.code = code;
    this.status = entry.status ?? 500;
    this.exitCode = entry.exitCode ?? 1;
  }

  /** Sets the cause, for the log, and returns this error: `throw new X(...).because(error)`. */
  because(cause: unknown): this {
    Object.defineProperty(this, "cause", { value: cause, configurable: true, writable: true });
    return this;
  }
}

/** The class that `defineErrors` returns. */
export interface UserErrorClass<T extends ErrorTable> {
  /** Creates the error of this code. `values` are the arguments of its text. */
  new <C extends keyof T & string>(code: C, ...values: Parameters<T[C]["text"]>): UserError<keyof T & string>;
  readonly prototype: UserError<keyof T & string>;
  /** The table from which the class was made. */
  readonly table: T;
  /** Restores an error that another process sent as code and message. Returns undefined when the table has no such code. */
  restore(code: string, message: string): UserError<keyof T & string> | undefined;
}

/**
 * Makes the error class of a package from its table. The constructor takes a code and the arguments of that code's text; the
 * compiler checks both.
 *
 *     export const ShopError = defineErrors("ShopError", {
 *       PICKAPIC_SHOP_SHUT: { status: 503, text: (hour: number) => `The shop is shut: come back at ${hour}.` },
 *     });
 *     export type ShopError = InstanceType<typeof ShopError>;
 *     throw new ShopError("PICKAPIC_SHOP_SHUT", 9);
 */
export function defineErrors<const T extends ErrorTable>(name: string, table: T): UserErrorClass<T> {
  type Code = keyof T & string;
  class Defined extends UserError<Code> {
    static readonly table = table;

    constructor(code: Code, ...values: Quoted[]) {
      const entry = entryOf(table, code);
      super(name, code, entry, entry.text(...values));
    }

    static restore(code: string, message: string): UserError<Code> | undefined {
      if (!isCodeOf(table, code)) return undefined;
      return Object.setPrototypeOf(new UserError<Code>(name, code, entryOf(table, code), message), Defined.prototype);
    }
  }
  Object.defineProperty(Defined, "name", { value: name });
  // A constructor cannot have type parameters, so the compiler cannot see that the values belong to the code.
  return Defined as UserErrorClass<T>;
}

/** The text of an error for documentation: the names of its values in angle quotation marks stand for the values, such as "at ‹hour›". */
export function sampleText({ text }: ErrorEntry): string {
  return text(...parametersOf(text).map((name) => `‹${name}›`));
}

/** The names of a function's parameters, read from its source. Texts are arrow functions without default values. */
function parametersOf(text: ErrorEntry["text"]): string[] {
  const list = /^\(([^)]*)\)/.exec(text.toString())?.[1] ?? "";
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function isCodeOf<T extends ErrorTable>(table: T, code: string): code is keyof T & string {
  return Object.hasOwn(table, code);
}

function entryOf<T extends ErrorTable>(table: T, code: keyof T & string): ErrorEntry {
  const entry = table[code];
  if (!entry) throw new TypeError(`There is no error ${code} in this table.`);
  return entry;
}

/** In characters: names from a damaged file may be megabytes long. */
const LONGEST_LINE = 1500;
/** A text lists a few findings, not thousands. */
const MOST_LINES = 60;

/**
 * Makes a text safe for a terminal: control characters except line feeds become blanks, and lines that are too long or too many
 * are cut.
 */
function printable(text: string): string {
  const lines = text.split("\n").map((line) => {
    const clean = line.slice(0, LONGEST_LINE + 1).replace(/[\p{Cc}\u2028\u2029]/gu, " ");
    return clean.length > LONGEST_LINE ? `${clean.slice(0, LONGEST_LINE)} ...` : clean;
  });
  return lines.length > MOST_LINES
    ? [...lines.slice(0, MOST_LINES), `... and ${lines.length - MOST_LINES} lines more.`].join("\n")
    : lines.join("\n");
}
