/** @file Mutation testing of one or more packages with Stryker: what scripts/mutate.mjs runs with Node 24. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { parseArgs } from "node:util";
import type { Stryker } from "@stryker-mutator/core";

type Settings = ConstructorParameters<typeof Stryker>[0];

/** The least share of mutants that tests must notice, in per cent. */
const LEAST_SCORE = 93;
const USAGE = `Usage: npm run mutate -- <path> [<path> ...] [--force] [--tests <file> ...]

Changes the sources below each path in small ways ("mutants"), runs the tests of the package that reach the changed
place, and prints each mutant that no test notices and a table per file.

  <path>           packages/<name>, or a file or folder in packages/<name>/src
  --force          tries again the mutants whose results of the last run could be reused
  --tests <file>   asks this test file only (may be given several times): faster, where a package has slow tests

Exit code 1 when fewer than ${LEAST_SCORE} % of the mutants are noticed.
`;

/** The package of a path, and the files at or below the path to change; undefined when the path is not in the sources of a package. */
export function target(path: string): { package: string; files: string } | undefined {
  const clean = posix.normalize(path).replace(/\/$/, "");
  const [, folder, inside = "/src"] = /^(packages\/[^/]+)(\/src(?:\/.+)?)?$/.exec(clean) ?? [];
  if (folder === undefined) return;
  const isFile = /\.tsx?$/.test(inside);
  return { package: folder, files: isFile ? folder + inside : `${folder}${inside}/**/*.{ts,tsx}` };
}

interface Wishes {
  readonly force?: boolean | undefined;
  /** The only test files to run; by default all of the package that reach a mutant. */
  readonly tests?: string[] | undefined;
}

/** Stryker's settings for the given files of a package. Each set of files has its own file of results, so that the table shows only this set. */
function settings(folder: string, files: readonly string[], { force = false, tests = [] }: Wishes): Settings {
  const asked = createHash("sha256")
    .update(JSON.stringify([files, tests]))
    .digest("hex")
    .slice(0, 12);
  return {
    mutate: [...files, "!**/*.d.ts"],
    testRunner: "vitest",
    vitest: { configFile: "vitest.config.ts", dir: folder, related: true },
    // A mutant that takes effect when its file is loaded would need all tests of the package again, so it is ignored.
    ignoreStatic: true,
    incremental: true,
    incrementalFile: `.cache/mutate/${posix.basename(folder)}-${asked}.json`,
    force,
    testFiles: tests,
    tempDirName: ".cache/mutate/sandbox",
    cleanTempDir: "always",
    ignorePatterns: [".cache", "/data", "/runs", "dist"],
    // Stryker reads tsconfig.json with an interface that TypeScript 7 no longer has. The tests do not need it.
    tsconfigFile: "none",
    reporters: [process.stdout.isTTY ? "progress" : "progress-append-only", "clear-text"],
    clearTextReporter: { reportTests: false, allowEmojis: false, logTests: false },
    allowConsoleColors: process.stdout.isTTY,
    thresholds: { high: LEAST_SCORE, low: LEAST_SCORE, break: LEAST_SCORE },
    // Generous timeouts, so that a slow machine is not taken for an endless loop. Stryker finds endless loops by counting how often a place is reached.
    timeoutMS: 20_000,
    timeoutFactor: 4,
  };
}

async function main(args: string[]): Promise<void> {
  const options = { force: { type: "boolean" }, tests: { type: "string", multiple: true } } as const;
  const { values: wishes, positionals: paths } = parseArgs({ args, options, allowPositionals: true });
  const targets = paths.map((path) => (existsSync(path) ? target(path) : undefined));
  const unknown = paths.filter((_, at) => targets[at] === undefined);
  if (paths.length === 0 || unknown.length > 0) {
    for (const path of unknown) process.stderr.write(`${path}: expected a package or a path in a package's src.\n`);
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const byPackage = Map.groupBy(
    targets.filter((found) => found !== undefined),
    (found) => found.package,
  );
  const { Stryker } = await import("@stryker-mutator/core");
  for (const [folder, found] of byPackage) {
    const files = found.map((one) => one.files);
    try {
      await new Stryker(settings(folder, files, wishes)).runMutationTest();
    } catch {
      process.exitCode = 1; // Stryker has printed the reason.
    }
  }
}

if (import.meta.main) await main(process.argv.slice(2));
