/** @file What a mutation run says in the end: each mutant that no test notices, and a table per file. */
import { relative } from "node:path";
import type { Mutant, Outcome } from "./run.ts";

/** How many mutants of a file came to which end. */
export interface Score {
  readonly noticed: number;
  /** Those of the noticed that only made a test take far longer, in two tries where it waited. */
  readonly byTime: number;
  readonly survived: number;
  /** Reached by no test. */
  readonly unreached: number;
  /** Takes effect only while its file is loaded, or once in a process, where it is not tried. */
  readonly atLoad: number;
}

type Fate = Exclude<keyof Score, "byTime">;

/** What became of a mutant. */
export function fateOf({ id }: Pick<Mutant, "id">, { found }: Pick<Outcome, "found">): Fate {
  if (found.noticed.has(id)) return "noticed";
  if (found.once.has(id) && !found.passed.has(id)) return "atLoad";
  if (found.covered.has(id)) return "survived";
  return found.static.has(id) ? "atLoad" : "unreached";
}

/** The share of mutants that a test notices, in per cent; those at load do not count. 100 where there are none. */
export function percentOf({ noticed, survived, unreached }: Omit<Score, "byTime">): number {
  const tried = noticed + survived + unreached;
  return tried === 0 ? 100 : (100 * noticed) / tried;
}

/** Counts the mutants by what became of them. */
export function scoreOf(mutants: readonly Pick<Mutant, "id">[], outcome: Pick<Outcome, "found">): Score {
  const score = { noticed: 0, byTime: 0, survived: 0, unreached: 0, atLoad: 0 };
  for (const mutant of mutants) score[fateOf(mutant, outcome)]++;
  score.byTime = mutants.filter(({ id }) => outcome.found.byTime.has(id)).length;
  return score;
}

/** The report as text. @param textOf the source of a file */
export function reportOf(outcome: Outcome, textOf: (file: string) => string): string {
  const missed = outcome.mutants.filter((mutant) => ["survived", "unreached"].includes(fateOf(mutant, outcome)));
  const lines = missed.map((mutant) => describe(mutant, fateOf(mutant, outcome), textOf(mutant.fileName)));
  const tests = [...outcome.found.unusable].map(([test, why]) => `not asked: ${test} (${why})`);
  const files = Map.groupBy(outcome.mutants, ({ fileName }) => relative(".", fileName));
  const rows = [...files].map(([file, mutants]) => row(file, scoreOf(mutants, outcome)));
  const head = "     %  noticed  by time  survived  unreached  at load  file";
  return [...lines, ...tests, "", head, ...rows, row("all", scoreOf(outcome.mutants, outcome)), ""].join("\n");
}

function row(file: string, score: Score): string {
  const { noticed, byTime, survived, unreached, atLoad } = score;
  const cells = [noticed, byTime, survived, unreached, atLoad].map((count, i) =>
    String(count).padStart([9, 9, 10, 11, 9][i] ?? 0),
  );
  return `${percentOf(score).toFixed(1).padStart(6)}${cells.join("")}  ${file}`;
}

/** File, line, and the lines before and after, cut short. */
function describe({ fileName, location, replacement, mutatorName }: Mutant, fate: Fate, text: string): string {
  const { start, end } = location;
  const lines = text.split("\n").slice(start.line, end.line + 1);
  const before =
    lines.length === 1 ? (lines[0] ?? "").slice(start.column, end.column) : `${(lines[0] ?? "").slice(start.column)} ...`;
  const short = (code: string) => code.replace(/\s+/g, " ").slice(0, 110);
  return `${relative(".", fileName)}:${start.line + 1}:${start.column + 1} ${fate} ${mutatorName}: ${short(before)} -> ${short(replacement)}`;
}
