import { globSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reasonOf, ServerError } from "../src/errors.ts";
import { SETTINGS } from "../src/settings.ts";

const PACKAGE = join(import.meta.dirname, "..");
const readme = await readFile(join(PACKAGE, "README.md"), "utf8");

/** Rows of a table whose first cell is code: [name, second cell]. */
function rows(pattern: string): [string, string][] {
  return [...readme.matchAll(new RegExp(`^\\| \`(${pattern})\` \\| ([^|]*) \\|`, "gm"))].map(
    ([, name = "", cell = ""]): [string, string] => [name, cell.trim()],
  );
}

test("README.md lists every variable of the environment with its default, and no other", () => {
  const listed = rows("PICKAPIC_[A-Z_]+");
  const expected = Object.values(SETTINGS).map(({ env, schema }): [string, string] => {
    const { data } = schema.safeParse(undefined);
    return [env, data === undefined ? "" : `\`${data}\``];
  });
  expect(listed).toEqual(expected);
});

test("every code is used, and every code that the source names is in the table", () => {
  const sources = globSync("src/**/*.ts", { cwd: PACKAGE }).filter((file) => !file.startsWith("src/errors"));
  const text = sources.map((file) => readFileSync(join(PACKAGE, file), "utf8")).join("\n");
  const used = [...text.matchAll(/new ServerError\(\s*"(PICKAPIC_[A-Z_]+)"/g)].map(([, code]) => code);
  expect([...new Set(used)].sort()).toEqual(Object.keys(ServerError.table).sort());
});

test("an error has the code, status and sentence of the table", () => {
  const error = new ServerError("PICKAPIC_PORT_IN_USE", "localhost", 3000, "PORT");
  expect(error).toMatchObject({ name: "ServerError", code: "PICKAPIC_PORT_IN_USE", status: 500 });
  expect(error.message).toMatch(/^Port 3000 on localhost \(set by PORT\) is in use .*\.$/);
  // @ts-expect-error A text without its values does not compile.
  expect(() => new ServerError("PICKAPIC_PORT_IN_USE", "localhost")).not.toThrow();
});

test("a reason is the system's code with its words", () => {
  expect(reasonOf(Object.assign(new Error("read-only file system"), { code: "EROFS" }))).toBe("EROFS, read-only file system");
  expect(reasonOf(Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" }))).toBe("EACCES: permission denied");
  expect(reasonOf(new AggregateError([new Error("one"), new Error("two")]))).toBe("one, two");
  expect(reasonOf("text")).toBe("text");
});
