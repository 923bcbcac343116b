/** @file The figures of claims as text. */
import type { Interval } from "@pickapic/evaluation";
import { correlation, percent, percentRange, points, range } from "@pickapic/report/figures";
import type { Claim } from "./claim.ts";

/** The figure of a claim as text, such as "+3.4", "72.0 %" or "0.91". */
export function figureText(unit: Claim["unit"], value: number | null): string {
  if (unit === "points") return points(value);
  if (unit === "share") return percent(value);
  return unit === "correlation" || value === null ? correlation(value) : value.toPrecision(3).replace("-", "−");
}

/** The interval of a claim as text, such as "66.8 … 75.0 %"; a dash for null. */
export const intervalText = (unit: Claim["unit"], interval: Interval | null): string =>
  unit === "share" ? percentRange(interval) : range(interval, (end) => figureText(unit, end));
