/** @file The journal of a mutation run: what is tried, and what came of it. Runner and caller are two processes, of which the first may be killed at any time. */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Name of the variable of the environment that tells the runner the folder of its run. */
export const RUN_FOLDER = "PICKAPIC_MUTATION";

/** Name of the variable that tells it how many ms a test may use and wait that is asked about each mutant. */
export const LONGEST_MS = "PICKAPIC_MUTATION_LONGEST_MS";

/** A line of the journal. Tests are named as "file > suite > test", mutants by their id. */
export type Entry =
  /** These mutants are reached while a test runs. */
  | { readonly kind: "covered"; readonly test: string; readonly mutants: readonly string[] }
  /** These mutants are reached while files are loaded or suites are set up. */
  | { readonly kind: "static"; readonly mutants: readonly string[] }
  | { readonly kind: "begin"; readonly test: string; readonly mutant: string }
  | { readonly kind: "survived"; readonly test: string; readonly mutant: string }
  /** The test passed twice without reaching the mutant: its code runs once in a process, such as a statement that is built at its first use. */
  | { readonly kind: "missed"; readonly test: string; readonly mutant: string }
  /** `byTime`: not by a failure of its own, but because it took far longer than without the mutant. */
  | { readonly kind: "noticed"; readonly test: string; readonly mutant: string; readonly why: string; readonly byTime?: boolean }
  /** The test failed late or did not go on. It is tried once more, because other programs may have had the processor. */
  | { readonly kind: "late"; readonly test: string; readonly mutant: string }
  /** The test failed. The next run without a mutant tells whether the mutant was why. */
  | { readonly kind: "failed"; readonly test: string; readonly mutant: string }
  /** The test failed, but it also fails without the mutant now: something that was tried before may have broken it. */
  | { readonly kind: "suspect"; readonly test: string; readonly mutant: string }
  /** The test takes too long to be asked about each mutant (`tookMs`), or fails without any. */
  | { readonly kind: "unusable"; readonly test: string; readonly why: string; readonly tookMs?: number };

/** What a journal says in all. */
export interface Findings {
  /** Mutants that a test noticed, with the reason. */
  readonly noticed: ReadonlyMap<string, string>;
  /** Those of them that were noticed only because a test took far longer than without the mutant. */
  readonly byTime: ReadonlySet<string>;
  readonly covered: ReadonlySet<string>;
  readonly static: ReadonlySet<string>;
  /** Pairs of a test and a mutant that it did not notice, as `pairOf` names them. */
  readonly survived: ReadonlySet<string>;
  /** Pairs whose test did not reach the mutant again. */
  readonly missed: ReadonlySet<string>;
  /** Mutants that were tried, and reached, without being noticed. */
  readonly passed: ReadonlySet<string>;
  /** Mutants that some test did not reach again. */
  readonly once: ReadonlySet<string>;
  readonly suspects: ReadonlySet<string>;
  /** Failures that no run without a mutant has decided about. When its process has ended, none will. */
  readonly undecided: readonly Pair[];
  /** Pairs whose test came to its end late once. */
  readonly late: ReadonlySet<string>;
  /** Tests that were not run on any mutant, with the reason. */
  readonly unusable: ReadonlyMap<string, string>;
  /** The time of each test that takes too long, ms. */
  readonly tooLong: ReadonlyMap<string, number>;
  /** The pair that was begun last, when nothing came of it. */
  readonly open: Pair | undefined;
}

/** A test, and a mutant with which it is run. */
export interface Pair {
  readonly test: string;
  readonly mutant: string;
}

/** One name for a test and a mutant. */
export const pairOf = (test: string, mutant: string): string => `${mutant} ${test}`;

/** A test or a suite of Vitest, as far as its name is read here. */
export interface Named {
  readonly name: string;
  readonly suite?: (Named & Siblings) | undefined;
  readonly file: Siblings;
}

interface Siblings {
  readonly tasks: readonly Pick<Named, "name">[];
}

/** The names of a test and of the suites around it. Of those beside each other with the same name, such as the tests of a table, each further one gets its number. */
export function nameOf(task: Named): string {
  const { name, suite, file } = task;
  const before = (suite ?? file).tasks.filter((other) => other.name === name).indexOf(task);
  const own = before > 0 ? `${name} (${before + 1})` : name;
  return suite ? `${nameOf(suite)} > ${own}` : own;
}

const fileOf = (folder: string): string => join(folder, "journal.jsonl");

/** Adds a line at once, so that it is there when the process is killed. */
export function note(folder: string, entry: Entry): void {
  appendFileSync(fileOf(folder), `${JSON.stringify(entry)}\n`);
}

/** Reads the whole journal. */
export function findings(folder: string): Findings {
  const entries: Entry[] = readFileSync(fileOf(folder), "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line));
  return summaryOf(entries);
}

/** What the entries say, in the order in which they were written. */
export function summaryOf(entries: readonly Entry[]): Findings {
  const [noticed, unusable, tooLong] = [new Map<string, string>(), new Map<string, string>(), new Map<string, number>()];
  const [covered, statics, survived, suspects] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
  const [byTime, late, undecided] = [new Set<string>(), new Set<string>(), new Map<string, Pair>()];
  const [missed, passed, once] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let open: Findings["open"];
  for (const entry of entries) {
    if (entry.kind === "covered") {
      unusable.delete(entry.test);
      tooLong.delete(entry.test);
      for (const id of entry.mutants) covered.add(id);
    } else if (entry.kind === "static") for (const id of entry.mutants) statics.add(id);
    else if (entry.kind === "unusable") {
      unusable.set(entry.test, entry.why);
      if (entry.tookMs !== undefined) tooLong.set(entry.test, entry.tookMs);
    } else {
      const { test, mutant } = entry;
      const pair = pairOf(test, mutant);
      open = entry.kind === "begin" ? { test, mutant } : undefined;
      if (entry.kind === "failed") undecided.set(pair, { test, mutant });
      else undecided.delete(pair);
      if (entry.kind === "survived") {
        survived.add(pair);
        passed.add(mutant);
      }
      if (entry.kind === "missed") {
        missed.add(pair);
        once.add(mutant);
      }
      if (entry.kind === "suspect") suspects.add(pair);
      if (entry.kind === "late") late.add(pair);
      if (entry.kind === "noticed") noticed.set(entry.mutant, `${entry.why} (${entry.test})`);
      if (entry.kind === "noticed" && entry.byTime) byTime.add(entry.mutant);
    }
  }
  return {
    noticed,
    byTime,
    covered,
    static: statics,
    survived,
    missed,
    passed,
    once,
    suspects,
    undecided: [...undecided.values()],
    late,
    unusable,
    tooLong,
    open,
  };
}
