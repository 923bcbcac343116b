/** @file Converts the statistics of the server into the points of the plots. */
import type { Statistics } from "@pickapic/server/api";

/** How many answers were given on one day. */
export interface Day {
  /** Midnight, UTC. */
  day: Date;
  rankings: number;
}

const DAY = 86_400_000;

/** All days from the first to the last answer, days without answers included; only the latest `most` of them. */
export function everyDay(days: Statistics["answersPerDay"], most = 60): Day[] {
  const counts = new Map(days.map(({ day, rankings }) => [Date.parse(`${day}T00:00:00Z`), rankings]));
  if (counts.size === 0) return [];
  const last = Math.max(...counts.keys());
  const first = Math.max(Math.min(...counts.keys()), last - (most - 1) * DAY);
  const length = Math.round((last - first) / DAY) + 1;
  return Array.from({ length }, (_, index) => {
    const at = first + index * DAY;
    return { day: new Date(at), rankings: counts.get(at) ?? 0 };
  });
}

/** At most `most` ticks for the days between two midnights, each at noon: one on the last day, the others at equal distances before it. */
export function dayTicks([from, to]: readonly [Date, Date], most = 5): Date[] {
  const days = Math.round((to.getTime() - from.getTime()) / DAY);
  const step = Math.ceil(days / most);
  const count = Math.ceil(days / step);
  return Array.from({ length: count }, (_, i) => new Date(to.getTime() - DAY / 2 - (count - 1 - i) * step * DAY));
}

/** How many steps an axis of counts has: no more than its largest count, because a half answer would be written as a whole one. At most `most`. */
export const countSteps = (counts: readonly number[], most = 4): number => Math.max(1, Math.min(most, Math.max(...counts)));

/** How often the images of one bin of guidance scales won. */
export interface GuidancePoint {
  /** Middle of the bin, guidance scale. */
  guidance: number;
  bin: string;
  /** Share of pairs won, 0...1; its 95 % interval, over people, is `low` to `high`. */
  winRate: number;
  low: number;
  high: number;
  games: number;
}

/** The points of the guidance plot. Bins for which the server gives no share, because they have too few games, are left out. */
export function guidancePoints(bins: Statistics["guidance"]): GuidancePoint[] {
  return bins.flatMap(({ bin, winRate, low, high, games }) => {
    if (winRate === null || low === null || high === null) return [];
    const [from = 0, to = from] = bin.split("-").map(Number);
    return { guidance: (from + to) / 2, bin, winRate, low, high, games };
  });
}
