/** @file Formats numbers for the terminal and for reports. */
import type { EloRating, Interval, RankRange } from "@pickapic/evaluation";

/** Stands for a missing number; the reason is printed beside it. */
const NONE = "–";

/** 0.7051 as "70.5 %"; a dash for null. */
export function percent(share: number | null): string {
  return share === null ? NONE : `${(100 * share).toFixed(1)} %`;
}

/** 0.125 as "12.5 %", 0.5 as "50 %": for a share that was chosen, not measured. */
export function roundPercent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** A difference of shares in percentage points, with its sign; a dash for null. */
export function points(share: number | null): string {
  return share === null ? NONE : `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
}

/** Both ends of an interval; a dash for null. */
export function range(interval: Interval | null, show: (value: number) => string): string {
  return interval === null ? NONE : `${show(interval[0])} … ${show(interval[1])}`;
}

/** An interval of shares, short: "66.8 … 75.0 %"; a dash for null. */
export function percentRange(interval: Interval | null): string {
  return interval === null ? NONE : `${(100 * interval[0]).toFixed(1)} … ${percent(interval[1])}`;
}

/** The interval of a rating in whole points; a dash if there is none. */
export function ratingRange({ low, high }: { low: number | null; high: number | null }): string {
  return range(low === null || high === null ? null : [low, high], (value) => value.toFixed(0));
}

/** A rank, or the range of possible ranks: "2" or "2–4". */
export function rankRange({ low, high }: RankRange): string {
  return low === high ? `${low}` : `${low}–${high}`;
}

/** A correlation with a real minus sign; a dash for null. */
export function correlation(value: number | null): string {
  return value === null ? NONE : value.toFixed(2).replace("-", "−");
}

/** A correlation over shuffled orders, mean and deviation; a dash for null. */
export function eloCorrelation(elo: EloRating | null): string {
  return elo === null ? NONE : `${correlation(elo.mean)} ± ${correlation(elo.deviation)}`;
}

/** 12345 as "12,345". */
export function thousands(count: number): string {
  return count.toLocaleString("en-US");
}

/** Seconds as people say them: "8 s", "2 min 05 s", "1 h 10 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A number with what it counts: "1 ranking", "1,234 rankings". @param what in the singular; its plural has an s */
export function counted(count: number, what: string): string {
  return `${thousands(count)} ${what}${count === 1 ? "" : "s"}`;
}
