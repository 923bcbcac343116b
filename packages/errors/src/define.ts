/** @file How a package declares its errors: one table of codes, each with its status, its exit code and its text. */

/** A value that a text may quote. */
type Quoted = string | number | boolean;

/** One line of a table of errors. */
export interface ErrorEntry {
  /** HTTP status of the reply when the server meets this error in a request, 400 ... 599. Without it: 500. */
  readonly status?: number;
  /** Exit code of the command that ends with this error: 1 it failed, 2 it was used wrongly. Without it: 1. */
  readonly exitCode?: 1 | 2;
  /** One or more whole sentences: who speaks, what was expected, what came, what to do. Line breaks are kept. */
  readonly text: (...values: never[]) => string;
}

/** Code -> entry. Codes start with PICKAPIC_ and never change once they were released: programs compare them. */
export type ErrorTable = Readonly<Record<string, ErrorEntry>>;

/** An error to show to the user as it is. Every other thrown error is a bug. */
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

  /** Keeps the error that led to this one for the log, and returns this error: `throw new X(...).because(error)`. */
  because(cause: unknown): this {
    Object.defineProperty(this, "cause", { value: cause, configurable: true, writable: true });
    return this;
  }
}

/** The class that `defineErrors` returns. */
export interface UserErrorClass<T extends ErrorTable> {
  /** The error of this code; `values` are what its text takes. */
  new <C extends keyof T & string>(code: C, ...values: Parameters<T[C]["text"]>): UserError<keyof T & string>;
  readonly prototype: UserError<keyof T & string>;
  /** The table that the class was made from. */
  readonly table: T;
  /**
   * Restores an error that another process sent as its code and its finished message.
   * Returns undefined when the table has no such code.
   */
  restore(code: string, message: string): UserError<keyof T & string> | undefined;
}

/**
 * Makes the error class of a package from its table. The constructor takes a code and the values that the text of that
 * code needs, and the compiler checks both.
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
      super(name, code, entry, (entry.text as (...values: Quoted[]) => string)(...values));
    }

    static restore(code: string, message: string): UserError<Code> | undefined {
      if (!isCodeOf(table, code)) return undefined;
      return Object.setPrototypeOf(new UserError<Code>(name, code, entryOf(table, code), message), Defined.prototype);
    }
  }
  Object.defineProperty(Defined, "name", { value: name });
  return Defined as unknown as UserErrorClass<T>;
}

function isCodeOf<T extends ErrorTable>(table: T, code: string): code is keyof T & string {
  return Object.hasOwn(table, code);
}

function entryOf<T extends ErrorTable>(table: T, code: keyof T & string): ErrorEntry {
  const entry = table[code];
  if (!entry) throw new TypeError(`There is no error ${code} in this table.`);
  return entry;
}

/** Names that a damaged file supplies may be megabytes long. In characters. */
const LONGEST_LINE = 1500;
/** A text lists a few findings, not thousands. */
const MOST_LINES = 60;

/**
 * The text without anything that moves the cursor of a terminal: control characters other than line feeds become blanks,
 * and lines that are too long or too many are cut.
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
