/** @file Statements whose text is made once. Building and compiling the text of a long statement takes longer than sending it. */
import { CompiledQuery, type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

/** Stands for a parameter of a statement until the statement is run. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Returns a function that runs a statement with values for its parameters and returns the rows.
 * @param build makes the statement, at its first use only; `parameter` returns what stands for the value of that name
 */
export function fixed<P extends object, T>(
  build: (parameter: (name: keyof P & string) => RawBuilder<unknown>) => RawBuilder<T>,
): (db: Database, values: P) => Promise<T[]> {
  let made: CompiledQuery | undefined;
  return async (db, values) => {
    made ??= build((name) => sql.val(new Slot(name))).compile(db);
    const byName = new Map<string, unknown>(Object.entries(values));
    const parameters = made.parameters.map((value) => (value instanceof Slot ? byName.get(value.name) : value));
    const { rows } = await db.executeQuery<T>(CompiledQuery.raw(made.sql, parameters));
    return rows;
  };
}
