/** @file Mutation testing of one or more packages: what scripts/mutate.mjs runs with Node 24. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseArgs } from "node:util";
import { percentOf, reportOf, scoreOf } from "./mutation/report.ts";
import { type Outcome, tryMutants } from "./mutation/run.ts";

/** The least share of mutants that tests must notice, in per cent. */
const LEAST_SCORE = 93;
const USAGE = `Usage: npm run mutate -- <path> [<path> ...] [--tests <file> ...]

Changes the sources below each path in small ways ("mutants"), runs the tests of the package that reach the changed
place, and prints each mutant that no test notices and a table per file.

  <path>           packages/<name>, or a file or folder in packages/<name>/src
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

/** Tries the mutants of one package and prints what no test noticed. Returns whether enough was noticed. */
async function tryPackage(folder: string, patterns: readonly string[], tests: readonly string[]): Promise<boolean> {
  const files = globSync([...patterns], { exclude: ["**/*.d.ts", "**/*.gen.*"] }).sort();
  const args = ["run", ...(tests.length > 0 ? tests : [`${folder}/test/`])];
  const outcome: Outcome = await tryMutants(files, args);
  process.stdout.write(reportOf(outcome, (file) => readFileSync(file, "utf8")));
  return percentOf(scoreOf(outcome.mutants, outcome)) >= LEAST_SCORE;
}

async function main(args: string[]): Promise<void> {
  const options = { tests: { type: "string", multiple: true } } as const;
  const { values, positionals: paths } = parseArgs({ args, options, allowPositionals: true });
  const targets = paths.map((path) => (existsSync(path) ? target(path) : undefined));
  const unknown = paths.filter((_, at) => targets[at] === undefined);
  if (paths.length === 0 || unknown.length > 0) {
    for (const path of unknown) process.stderr.write(`${path}: expected a package or a path in a package's src.\n`);
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const found = targets.filter((each) => each !== undefined);
  for (const [folder, each] of Map.groupBy(found, (one) => one.package)) {
    const patterns = each.map(({ files }) => files);
    if (!(await tryPackage(folder, patterns, values.tests ?? []))) process.exitCode = 1;
  }
}

if (import.meta.main) await main(process.argv.slice(2));
