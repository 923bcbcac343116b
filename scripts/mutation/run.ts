/** @file One mutation run: writes all mutants into the sources, lets Vitest try them, and starts it again when a mutant ended or stopped it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { type Findings, findings, LONGEST_MS, note, pairOf, RUN_FOLDER } from "./journal.ts";
import { makeScratch, removeScratch } from "./scratch.ts";

/** A change of the sources, and where it is. */
export type Mutant = Awaited<ReturnType<Instrumenter["instrument"]>>["mutants"][number];

/** How long a test may use the processor and wait that is asked about each mutant, ms: quick ones first, then slower ones about what these did not notice. */
const PASSES_MS = [150, 600, 4_000];
/** Without a line in the journal for this long by the clock, a process is ended and its mutant tried once more, ms. Its own limits come long before. */
const SILENCE_MS = 300_000;

/** The mutants of the files, and what the tests said. */
export interface Outcome {
  readonly mutants: readonly Mutant[];
  readonly found: Findings;
  /** Whether each test was asked that could be: the run was not ended, and Vitest always came to an end or to a mutant that was noticed. */
  readonly isWhole: boolean;
}

/**
 * Tries every mutant of some source files.
 * @param files paths below the current folder
 * @param args what Vitest is called with: which tests to run
 * @param signal ends the run; the outcome is then what was found out so far
 */
export async function tryMutants(files: readonly string[], args: readonly string[], signal: AbortSignal): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "pickapic-mutation-"));
  try {
    const { mutants, sources } = await instrumented(files);
    await writeFile(join(folder, "sources.json"), JSON.stringify(sources));
    await writeFile(join(folder, "journal.jsonl"), "");
    let [shorterMs, isWhole] = [0, true];
    for (const longestMs of PASSES_MS) {
      if (shorterMs === 0 || hasTests(folder, shorterMs, longestMs))
        isWhole = (await pass({ folder, args, longestMs, signal })) && isWhole;
      shorterMs = longestMs;
    }
    return { mutants, found: findings(folder), isWhole };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether tests that took too long so far may be quick enough now. The first run of a test takes longer than another one. */
const hasTests = (folder: string, shorterMs: number, longestMs: number): boolean =>
  [...findings(folder).tooLong.values()].some((ms) => ms <= 2 * longestMs && ms > shorterMs);

/** Nothing that the instrumenter says matters to the user. */
const quiet = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
};

async function instrumented(files: readonly string[]): Promise<{ mutants: readonly Mutant[]; sources: Record<string, string> }> {
  const written = await Promise.all(
    files.map(async (name) => ({ name: resolve(name), mutate: true, content: await readFile(name, "utf8") })),
  );
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { mutants, files: changed } = await new Instrumenter(quiet).instrument(written, options);
  return { mutants, sources: Object.fromEntries(changed.map(({ name, content }) => [name, content])) };
}

/** How often Vitest may fail without having decided about any mutant: then a file cannot be set up, and its tests are not asked. */
const FAILURES = 3;

/** One start of Vitest or several, which ask each test that takes at most `longestMs`. */
interface Pass {
  readonly folder: string;
  readonly args: readonly string[];
  readonly longestMs: number;
  readonly signal: AbortSignal;
}

/** Runs Vitest until each test of the pass was asked. A mutant that ends it is one start more. False when it did not come so far. */
async function pass(one: Pass): Promise<boolean> {
  for (let failures = 0; failures < FAILURES && !one.signal.aborted; ) {
    const before = concluded(one.folder);
    if (await isThrough(one)) return true;
    failures = concluded(one.folder) === before ? failures + 1 : 0;
  }
  return false;
}

/** Runs Vitest once; false when it was ended by a mutant, so that it has to go on with the others. */
async function isThrough({ folder, args, longestMs, signal }: Pass): Promise<boolean> {
  const scratch = await makeScratch();
  const env = { ...process.env, TMPDIR: scratch, [RUN_FOLDER]: folder, [LONGEST_MS]: String(longestMs) };
  const config = join(import.meta.dirname, "vitest.config.ts");
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...args, "--config", config, "--root", "."], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said = (said + text).slice(-4000)));
  const timer = setInterval(() => void endWhenSilent(folder, child.pid), 5_000);
  const end = () => endGroup(child.pid);
  signal.addEventListener("abort", end);
  const [code] = await once(child, "exit");
  signal.removeEventListener("abort", end);
  clearInterval(timer);
  await removeScratch(scratch);
  if (signal.aborted) return false;
  const { open, covered, undecided } = findings(folder);
  // Vitest ends well, too, when its worker did not.
  if (code === 0 && !open) return true;
  if (covered.size === 0) throw new Error(`No test reaches these files, or Vitest could not run:\n${said}`);
  if (open) note(folder, { kind: "noticed", ...open, why: "the process ended" });
  // What a mutant left running may have ended the process before the run without a mutant was through. Each is then tried alone.
  for (const pair of undecided) note(folder, { kind: "suspect", ...pair });
  return false;
}

/** How many mutants and pairs are decided. */
function concluded(folder: string): number {
  const { noticed, survived, missed, suspects, late } = findings(folder);
  return noticed.size + survived.size + missed.size + suspects.size + late.size;
}

/** Ends Vitest and its workers when nothing was written into the journal for long. */
async function endWhenSilent(folder: string, pid: number | undefined): Promise<void> {
  const { mtimeMs } = await stat(join(folder, "journal.jsonl"));
  if (pid === undefined || Date.now() - mtimeMs < SILENCE_MS) return;
  const { open, late } = findings(folder);
  if (open && late.has(pairOf(open.test, open.mutant)))
    note(folder, { kind: "noticed", ...open, why: "did not go on, twice", byTime: true });
  else if (open) note(folder, { kind: "late", ...open });
  endGroup(pid);
}

/** Ends a start of Vitest with its workers. */
function endGroup(pid: number | undefined): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}
