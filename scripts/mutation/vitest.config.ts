/** @file Vitest's settings for a mutation run: those of the repository, with the sources that hold all mutants in place of the written ones. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, mergeConfig } from "vitest/config";
import repository from "../../vitest.config.ts";
import { RUN_FOLDER } from "./journal.ts";

const folder = process.env[RUN_FOLDER] ?? "";
/** The changed sources by their path. */
const sources: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(folder, "sources.json"), "utf8"));

export default mergeConfig(
  repository,
  defineConfig({
    // For the tests of the pages, whose files Vite loads. What Node itself loads is replaced in setup.ts.
    plugins: [{ name: "mutants", enforce: "pre", load: (id) => sources[id.split("?")[0] ?? ""] }],
    test: {
      runner: join(import.meta.dirname, "runner.ts"),
      setupFiles: [join(import.meta.dirname, "setup.ts")],
      maxWorkers: 1,
      maxConcurrency: 1,
      // A mutant may leave a promise behind that fails later.
      dangerouslyIgnoreUnhandledErrors: true,
      // By the clock, for what hangs while other programs have the processor. The runner's own limits come long before.
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  }),
);
