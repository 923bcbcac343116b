/** @file Runs before each test file of a mutation run: the sources with mutants take the place of the written ones, and properties take few examples. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { RUN_FOLDER } from "./journal.ts";

// The first example that fails is enough; the smallest one is not looked for.
fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: 25, endOnFailure: true });

const sources: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(process.env[RUN_FOLDER] ?? "", "sources.json"), "utf8"),
);

registerHooks({
  load(url, context, next) {
    const source = url.startsWith("file:") ? sources[fileURLToPath(url)] : undefined;
    return source === undefined ? next(url, context) : { format: "module-typescript", source, shortCircuit: true };
  },
});
