/** @file `npm run bench -- name`: runs bench/<name>.ts, one file per figure. Without a name it lists them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { become } from "./child.mjs";
import { fail, installWhenNeeded, NODE, ROOT } from "./install.mjs";

const FOLDER = `${ROOT}bench/`;
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

/** The first line after @file in a benchmark, as its description. */
function summary(name) {
  return /@file\s+(.*?)\s*(?:\*\/|\n)/.exec(readFileSync(`${FOLDER}${name}.ts`, "utf8"))?.[1] ?? "";
}

function list() {
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}  ${summary(name)}\n`).join("");
}

const [name, ...args] = process.argv.slice(2);
if (name === undefined || name === "--help") process.stdout.write(`Usage: npm run bench -- <name> [options]\n\n${list()}`);
else if (!existsSync(`${FOLDER}${name}.ts`)) fail(`There is no benchmark "${name}". There are:\n${list()}`);
else {
  installWhenNeeded();
  process.exitCode = await become(NODE, [`${FOLDER}${name}.ts`, ...args], { cwd: ROOT });
}
