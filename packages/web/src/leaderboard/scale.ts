/** @file The common scale of the rating bars. */

export interface Scale {
  from: number;
  to: number;
  /** Round ratings at which a line is drawn. */
  ticks: number[];
}

/** A scale in rating points that covers all intervals with a margin, and has 2 to 6 ticks at round numbers. */
export function ratingScale(intervals: readonly { low: number; high: number }[]): Scale {
  const low = Math.min(...intervals.map((interval) => interval.low));
  const high = Math.max(...intervals.map((interval) => interval.high));
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { from: 0, to: 1, ticks: [] };
  const air = Math.max(10, (high - low) * 0.08);
  const from = low - air;
  const to = high + air;
  const step = [5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((size) => (to - from) / size <= 5) ?? 5000;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return { from, to, ticks };
}

/** The position of a rating on the scale, in per cent from its left end; values outside are cut to 0...100. */
export function percentOn({ from, to }: Scale, rating: number): number {
  return Math.min(100, Math.max(0, ((rating - from) / (to - from)) * 100));
}
