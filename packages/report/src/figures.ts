/** @file How figures are written, on the terminal and in the report. */
import type { Interval } from "@pickapic/evaluation";

/** 0.7051 as "70.5 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** 0.125 as "12.5 %", 0.5 as "50 %": a share that was chosen, not measured. */
export function roundPercent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** A difference of shares in percentage points, with its sign. */
export function points(share: number): string {
  return `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
}

/** Both ends of an interval. */
export function range([low, high]: Interval, show: (value: number) => string): string {
  return `${show(low)} … ${show(high)}`;
}

/** An interval of shares, short: "66.8 … 75.0 %". */
export function percentRange([low, high]: Interval): string {
  return `${(100 * low).toFixed(1)} … ${percent(high)}`;
}

/** A correlation with a real minus sign; a dash where there is none, because one side does not vary. */
export function correlation(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(2).replace("-", "−");
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
