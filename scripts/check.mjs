/** @file `npm run check`: types, lint and format, unused files, exports and dependencies. Runs all of them, fails when one does. */
import { become } from "./child.mjs";
import { installWhenNeeded, ROOT } from "./install.mjs";

const BIN = `${ROOT}node_modules/.bin/`;
const CHECKS = [
  ["types", "tsc", ["--noEmit", "-p", "tsconfig.json"]],
  ["lint and format", "biome", ["check", "--error-on-warnings", "."]],
  ["unused", "knip", []],
  // Tests do not count as users here: an export that only tests use must be removed.
  ["used by tests only", "knip", ["--production", "-c", "knip.production.ts", "--include", "exports,files,dependencies"]],
];

installWhenNeeded();
for (const [what, program, args] of CHECKS) {
  process.stderr.write(`${what}: ${program} ${args.join(" ")}\n`);
  const code = await become(`${BIN}${program}`, args, { cwd: ROOT, env: { ...process.env, PATH: `${BIN}:${process.env.PATH}` } });
  if (code !== 0) process.exitCode = 1;
}
