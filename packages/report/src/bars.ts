/** @file Plots of counts, as SVG text: what a dataset is made of. */
import * as Plot from "@observablehq/plot";
import { thousands } from "./figures.ts";
import type { Html } from "./html.ts";
import { draw } from "./plots.ts";

/** How often a value occurred. */
export interface CountBar {
  label: string;
  count: number;
}

/** Narrow enough for letters to stay readable on a phone. */
const SIZE = { width: 400, height: 240, marginLeft: 52, marginRight: 10 };

/** How many steps an axis of counts has: `most`, or fewer, so that no step is less than one. */
const stepsOf = (bars: readonly { count: number }[], most: number): number =>
  Math.max(1, Math.min(most, Math.max(...bars.map(({ count }) => count))));

/** Upright bars in the order of the values. `label` names the values, `unit` what is counted. */
export function barPlot(bars: readonly CountBar[], { label, unit }: { label: string; unit: string }): Html {
  // Labels that would touch stand slantwise.
  const letters = bars.reduce((sum, bar) => sum + bar.label.length + 1, 0);
  const slanted = letters > 38;
  return draw({
    ...SIZE,
    height: SIZE.height + (slanted ? 26 : 0),
    marginBottom: slanted ? 72 : 46,
    x: { label: `${label} →`, domain: bars.map((bar) => bar.label), tickRotate: slanted ? -50 : 0, tickSize: 0, padding: 0.15 },
    y: { label: `↑ ${unit}`, grid: true, ticks: stepsOf(bars, 5), tickFormat: thousands },
    marks: [
      Plot.barY(bars, { x: "label", y: "count", fill: "var(--others)", rx: 2 }),
      Plot.ruleY([0], { stroke: "var(--line)" }),
    ],
  });
}

/** Lying bars with their counts, the largest first as given. `unit` is what is counted. */
export function rankedPlot(bars: readonly CountBar[], { unit, width = 400 }: { unit: string; width?: number }): Html {
  const longest = Math.max(...bars.map(({ label }) => label.length), 4);
  return draw({
    width,
    height: 22 * bars.length + 62,
    marginLeft: Math.min(170, 14 + 7.5 * longest),
    marginRight: 54,
    x: { label: `${unit} →`, grid: true, ticks: stepsOf(bars, 4), tickFormat: thousands },
    y: { label: null, domain: bars.map(({ label }) => label), tickSize: 0 },
    marks: [
      Plot.barX(bars, { y: "label", x: "count", fill: "var(--others)", insetTop: 3, insetBottom: 3, rx: 2 }),
      Plot.text(bars, { y: "label", x: "count", text: ({ count }: CountBar) => thousands(count), textAnchor: "start", dx: 5, fill: "currentColor" }),
    ],
  });
} // biome-ignore format: options of a plot

/** A count of a stretch of time, and how much of it is drawn darker. */
export interface TimeBar {
  /** ISO 8601 day. */
  day: string;
  count: number;
  /** At most `count`. */
  darker: number;
}

const DAY = (moment: Date): string => moment.toISOString().slice(0, 10);

/** Bars over time; the lowest `darker` of each are drawn darker. `days` is how many days a bar stands for. */
export function calendarPlot(bars: readonly TimeBar[], { unit, days }: { unit: string; days: number }): Html {
  const timed = bars.map((bar) => ({ ...bar, from: new Date(bar.day), to: new Date(Date.parse(bar.day) + days * 86_400_000) }));
  return draw({
    height: 250,
    marginLeft: 56,
    // A bar stands for whole days, so that hours between them mean nothing.
    x: {
      label: null,
      type: "utc",
      ticks: bars.length * days <= 8 ? "day" : 8,
      tickFormat: bars.length * days <= 8 ? DAY : undefined,
    },
    y: { label: `↑ ${unit}`, grid: true, ticks: stepsOf(bars, 5), tickFormat: thousands },
    marks: [
      Plot.rectY(timed, { x1: "from", x2: "to", y: "count", fill: "var(--others)", insetLeft: 0.5, insetRight: 0.5 }),
      Plot.rectY(timed, { x1: "from", x2: "to", y: "darker", fill: "var(--d)", insetLeft: 0.5, insetRight: 0.5 }),
      Plot.ruleY([0], { stroke: "var(--line)" }),
    ],
  });
}
