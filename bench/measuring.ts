/** @file Measuring at full size: export, validation, ratings, distances, each beside what was asked of it. `--only ratings frechet` measures these alone, `--json`. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { Figure } from "./measuring/figure.ts";
import { benchOptions, chosenOf } from "./options/options.ts";

const options = benchOptions({
  /** Only these figures: names of files in bench/measuring. */
  only: { type: "string", multiple: true },
  json: { type: "boolean", default: false },
});

const folder = fileURLToPath(new URL("measuring/", import.meta.url));
/** Files that measure nothing: what the others share. */
const SHARED = new Set(["figure", "million", "rankings"]);
const all = readdirSync(folder)
  .map((file) => file.replace(/\.ts$/, ""))
  .filter((name) => !SHARED.has(name));
const names = chosenOf("only", options.only, all);

/** Each file runs in a process of its own and writes its rows, one JSON object on each line. */
function measure(name: string): Figure[] {
  const { status, stdout } = spawnSync(process.execPath, [`${folder}${name}.ts`], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 24,
  });
  if (status !== 0) return [{ what: name, size: "", measured: `failed with ${status}`, asked: "" }];
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Figure);
}

const machine = `${cpus()[0]?.model}, ${cpus().length} cores`;
const figures = names.flatMap(measure);
if (options.json) process.stdout.write(`${JSON.stringify({ machine, figures })}\n`);
else {
  process.stdout.write(`${machine}\n| what | size | measured | asked | beside |\n|---|---|---|---|---|\n`);
  for (const { what, size, measured, asked, beside = "" } of figures)
    process.stdout.write(`| ${what} | ${size} | ${measured} | ${asked} | ${beside} |\n`);
}
