/** @file Ratings in a thread of their own: a million answers must not hold up a request. */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { bradleyTerry } from "@pickapic/evaluation";
import type { LeaderboardRow } from "../api.ts";

/** Games of two models that ended alike. */
export interface GameCount {
  a: string;
  b: string;
  /** 1: a was preferred; 0: b was; 0.5: a tie. */
  outcome: 1 | 0.5 | 0;
  games: number;
}

/** Below this many games the thread would take longer than the work. */
const WORTH_A_THREAD = 20_000;

/** Strongest first. */
export function rate(counts: readonly GameCount[]): LeaderboardRow[] {
  const comparisons = counts.flatMap(({ games, ...game }) => new Array<typeof game>(games).fill(game));
  return bradleyTerry(comparisons).map(({ player, ...figures }) => ({ model: player, ...figures }));
}

export function rateBeside(counts: readonly GameCount[]): Promise<LeaderboardRow[]> {
  const total = counts.reduce((sum, { games }) => sum + games, 0);
  if (total < WORTH_A_THREAD) return Promise.resolve(rate(counts));
  return new Promise((done, failed) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: { counts } });
    thread.once("message", done).once("error", failed);
  });
}

const work = workerData as { counts?: GameCount[] } | null;
if (parentPort && work?.counts) parentPort.postMessage(rate(work.counts));
