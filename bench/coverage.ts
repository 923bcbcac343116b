/**
 * @file How often each 95 % interval that the product prints holds the truth: `--simulations 1000`, `--only Elo leaderboard` (cases whose names hold one of these words), `--processes 2`, `--state FILE` (stores what
 * is done, and goes on from there), `--json`. The numbers do not depend on the number of processes.
 */
import { fork } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Chunk, COVERAGE, type Done } from "./coverage/work.ts";
import { benchOptions, refuse, wholeNumber } from "./options/options.ts";

const options = benchOptions({
  simulations: { type: "string", default: "1000" },
  only: { type: "string", multiple: true, default: [""] },
  processes: { type: "string", default: "2" },
  state: { type: "string" },
  json: { type: "boolean", default: false },
});
const simulations = wholeNumber("simulations", options.simulations);
const processes = wholeNumber("processes", options.processes);
/** Simulations that a process makes before it tells what it found. */
const CHUNK = 20;

const names = COVERAGE.map(({ name }) => name).filter((name) => options.only.some((word) => name.includes(word)));
if (names.length === 0)
  refuse(
    `No case has a name with ${options.only.map((word) => `"${word}"`).join(" or ")}. There are:\n${COVERAGE.map(({ name }) => name).join("\n")}`,
  );
const done = new Map(storedIn(options.state).map((each) => [keyOf(each), each]));
const waiting = names.flatMap((name) =>
  Array.from(
    { length: Math.ceil(simulations / CHUNK) },
    (_, i): Chunk => ({
      ...{ name, from: i * CHUNK },
      count: Math.min(CHUNK, simulations - i * CHUNK),
    }),
  ).filter((chunk) => !done.has(keyOf(chunk))),
);
const begun = new Set<string>();
const total = waiting.length;
const start = performance.now();

await Promise.all(Array.from({ length: processes }, work));
if (options.json) process.stdout.write(`${JSON.stringify(rows())}\n`);
else {
  process.stdout.write("| interval | printed by | method | coverage, % | intervals |\n|---|---|---|---|---|\n");
  for (const { of, printed, method, coverage, intervals } of rows())
    process.stdout.write(`| ${of} | ${printed} | ${method} | ${coverage} | ${intervals} |\n`);
}

function keyOf({ name, from, count }: Chunk): string {
  return `${name} ${from} ${count}`;
}

/** What an earlier run stored; a last line that was cut off is ignored. */
function storedIn(file: string | undefined): Done[] {
  if (file === undefined || !existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Done);
}

/** One process, which gets chunk after chunk: first of a case that it has prepared, then of one that no process has begun. */
async function work(): Promise<void> {
  const child = fork(fileURLToPath(new URL("coverage/worker.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const prepared = new Set<string>();
  for (let chunk = take(prepared); chunk; chunk = take(prepared)) {
    prepared.add(chunk.name);
    const found = await answerOf(child, chunk);
    done.set(keyOf(found), found);
    if (options.state !== undefined) appendFileSync(options.state, `${JSON.stringify(found)}\n`);
    report(found.name);
  }
  child.kill();
}

function take(prepared: ReadonlySet<string>): Chunk | undefined {
  const indices = [
    waiting.findIndex(({ name }) => prepared.has(name)),
    waiting.findIndex(({ name }) => !begun.has(name)),
    waiting.length > 0 ? 0 : -1,
  ];
  const index = indices.find((each) => each >= 0);
  if (index === undefined) return undefined;
  const [chunk] = waiting.splice(index, 1);
  if (chunk) begun.add(chunk.name);
  return chunk;
}

function answerOf(child: ReturnType<typeof fork>, chunk: Chunk): Promise<Done> {
  const { promise, resolve, reject } = Promise.withResolvers<Done>();
  const ended = (code: number | null) => reject(new Error(`the process that simulates "${chunk.name}" ended with ${code}`));
  child.once("exit", ended);
  child.once("message", (found: Done) => {
    child.off("exit", ended);
    resolve(found);
  });
  child.send(chunk);
  return promise;
}

function report(name: string): void {
  const made = total - waiting.length;
  const minutes = ((performance.now() - start) / made / 60_000) * waiting.length;
  process.stderr.write(`${made} of ${total} chunks, about ${minutes.toFixed(0)} min left: ${name}\n`);
}

interface Row {
  of: string;
  printed: string;
  method: string;
  /** Per cent; a dash where there was no interval. */
  coverage: string;
  intervals: number;
}

function rows(): Row[] {
  return COVERAGE.filter(({ name }) => names.includes(name)).flatMap(({ name, printed, method }): Row[] => {
    const sums = new Map<string, { held: number; intervals: number }>();
    for (const each of done.values()) {
      if (each.name !== name || each.from + each.count > simulations) continue;
      for (const [of, { held, intervals }] of Object.entries(each.found)) {
        const sum = sums.get(of) ?? { held: 0, intervals: 0 };
        sums.set(of, { held: sum.held + held, intervals: sum.intervals + intervals });
      }
    }
    return [...sums].map(([of, { held, intervals }]) => ({
      ...{ of, printed, method, intervals },
      coverage: intervals === 0 ? "–" : ((100 * held) / intervals).toFixed(1),
    }));
  });
}
