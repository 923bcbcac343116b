/** @file All cases whose coverage is measured: those of the suite, the lead in Elo ratings, over-optimisation, and the leaderboard of the toy world; and how one chunk of simulations is made. */
import { hash } from "../../packages/chance/src/index.ts";
import type { CoverageCase, Simulate } from "../../packages/evaluation/test/coverage/case.ts";
import { COVERAGE_CASES, countHeld, type Held } from "../../packages/evaluation/test/coverage/cases.ts";
import { leaderboardCases } from "./conditions.ts";
import { eloLeadCase } from "./eloLead.ts";
import { overOptimisationCase } from "./overOptimisation.ts";

/** Simulations of one case that are made together. */
export interface Chunk {
  name: string;
  /** The number of the first simulation. */
  from: number;
  count: number;
}

/** What a chunk found, by the names of its intervals. */
export interface Done extends Chunk {
  found: Record<string, Held>;
}

/** All cases. */
export const COVERAGE: readonly CoverageCase[] = [...COVERAGE_CASES, eloLeadCase, overOptimisationCase, ...leaderboardCases()];

const prepared = new Map<string, Promise<Simulate>>();

/** Makes the simulations. The same chunk gives the same counts in every process. */
export async function simulateChunk({ name, from, count }: Chunk): Promise<Done> {
  const found = COVERAGE.find((each) => each.name === name);
  if (!found) throw new Error(`There is no case "${name}".`);
  const ready = prepared.get(name) ?? Promise.resolve(found.prepare(1));
  prepared.set(name, ready);
  const counts = await countHeld(await ready, count, hash(name) * 4096 + from);
  return { name, from, count, found: Object.fromEntries(counts) };
}
