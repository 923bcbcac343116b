/** @file Mutation testing of one or more packages: what scripts/mutate.mjs runs with Node 24. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseArgs } from "node:util";
import { AREAS, sourcesOf, testsOf } from "./mutation/areas.ts";
import { percentOf, reportOf, scoreOf } from "./mutation/report.ts";
import { type Outcome, tryMutants } from "./mutation/run.ts";

/** The least share of mutants that tests must notice, in per cent. */
const LEAST_SCORE = 93;
const USAGE = `Usage: npm run mutate -- <area>
       npm run mutate -- <path> [<path> ...] [--tests <file> ...]
       npm run mutate -- --list

Changes the sources below each path in small ways ("mutants"), runs the tests of the package that reach the changed
place, and prints each mutant that no test notices and a table per file.

  <area>           a name that --list shows, with its sources and the tests that are asked
  <path>           packages/<name>, or a file or folder in packages/<name>/src
  --list           prints the areas
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

/** A run that is ended, as with Ctrl-C, ends its tests and prints what it found out so far. */
const ending = new AbortController();

/** Tries the mutants of one package and prints what no test noticed. Returns whether enough was noticed. */
async function tryPackage(folder: string, patterns: readonly string[], tests: readonly string[]): Promise<boolean> {
  const { signal } = ending;
  const files = globSync([...patterns], { exclude: ["**/*.d.ts", "**/*.gen.*"] }).sort();
  const args = ["run", ...(tests.length > 0 ? tests : [`${folder}/test/`])];
  const outcome: Outcome = await tryMutants(files, args, signal);
  process.stdout.write(reportOf(outcome, (file) => readFileSync(file, "utf8")));
  if (!outcome.isWhole)
    process.stderr.write("Not all tests were asked, because the run or Vitest was ended: the numbers are lower bounds.\n");
  return percentOf(scoreOf(outcome.mutants, outcome)) >= LEAST_SCORE;
}

/** The areas, each with its sources and tests, one path a line. */
function listed(): string {
  const lines = Object.entries(AREAS).map(([name, area]) =>
    [name, ...sourcesOf(area).map((path) => `  ${path}`), ...testsOf(area).map((path) => `  asked: ${path}`), ""].join("\n"),
  );
  return `${lines.join("\n")}\n`;
}

async function main(args: string[]): Promise<void> {
  const options = { tests: { type: "string", multiple: true }, list: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.list) return void process.stdout.write(listed());
  const area = positionals.length === 1 ? AREAS[positionals[0] ?? ""] : undefined;
  const [paths, tests] = area ? [sourcesOf(area), testsOf(area)] : [positionals, values.tests ?? []];
  const targets = paths.map((path) => (existsSync(path) ? target(path) : undefined));
  const unknown = paths.filter((_, at) => targets[at] === undefined);
  if (paths.length === 0 || unknown.length > 0) {
    for (const path of unknown) process.stderr.write(`${path}: expected an area, a package or a path in a package's src.\n`);
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => ending.abort());
  const found = targets.filter((each) => each !== undefined);
  for (const [folder, each] of Map.groupBy(found, (one) => one.package)) {
    const patterns = each.map(({ files }) => files);
    if (!(await tryPackage(folder, patterns, values.tests ?? tests))) process.exitCode = 1;
  }
}

if (import.meta.main) await main(process.argv.slice(2));
