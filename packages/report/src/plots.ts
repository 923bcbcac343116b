/** @file The plots of measurements, as SVG text. Colours are CSS variables of the page, for light and dark. */
import * as Plot from "@observablehq/plot";
import type { BradleyTerryRating, Interval } from "@pickapic/evaluation";
import { parseHTML } from "linkedom";
import { Html } from "./html.ts";

/** A share with its interval: one row of a plot. */
export interface MeasuredShare {
  name: string;
  /** 0...1; null when it is not given, which leaves the row empty. */
  share: number | null;
  interval?: Interval | null;
  /** True for the scorer that the page is about. */
  ours?: boolean;
}

const WIDTH = 880;
/** The size at which people read plots comfortably. */
const STYLE = { font: "13px system-ui, sans-serif", overflow: "visible", maxWidth: "100%", height: "auto" };

/** Draws an Observable Plot as SVG text for a page, 880 px wide unless the options say otherwise. */
export function draw(options: Plot.PlotOptions): Html {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const figure = Plot.plot({ document, width: WIDTH, marginBottom: 46, marginTop: 30, style: STYLE, ...options });
  return new Html(figure.outerHTML);
}

interface IntervalAxis {
  label: string;
  /** The share that chance reaches; null when unknown. */
  reference: number | null;
  domain: Interval;
  /** px, including the margin with the names. */
  width?: number;
  marginLeft?: number;
}

const colorOf = ({ ours }: MeasuredShare) => (ours ? "var(--ours)" : "var(--others)");

/** Dots with 95 % intervals, one row per name, and a line where chance is. */
export function intervalPlot(
  rows: readonly MeasuredShare[],
  { label, reference, domain, width = WIDTH, marginLeft = 130 }: IntervalAxis,
): Html {
  const withInterval = rows.flatMap(({ interval, ...row }) =>
    interval ? [{ ...row, low: 100 * interval[0], high: 100 * interval[1] }] : [],
  );
  const known = rows.flatMap((row) => (row.share === null ? [] : [{ ...row, share: 100 * row.share }]));
  return draw({
    width,
    height: 44 * rows.length + 66,
    marginLeft,
    marginRight: width < WIDTH ? 24 : 60,
    x: { label, domain: domain.map((share) => 100 * share), grid: true, ticks: 6 },
    y: { label: null, domain: rows.map(({ name }) => name), tickSize: 0 },
    marks: [
      Plot.ruleX(reference === null ? [] : [100 * reference], { stroke: "var(--muted)", strokeDasharray: "3 4" }),
      Plot.ruleY(withInterval, { y: "name", x1: "low", x2: "high", stroke: colorOf, strokeWidth: 3, strokeLinecap: "round" }),
      Plot.dot(known, {
        y: "name",
        x: "share",
        fill: colorOf,
        r: 7,
        stroke: "var(--page)",
        strokeWidth: 2,
      }),
      Plot.text(known, {
        y: "name",
        x: "share",
        text: ({ share }) => `${share.toFixed(1)} %`,
        dy: -16,
        fill: "currentColor",
        fontWeight: 600,
      }),
    ],
  });
}

/** Ratings with their intervals, one row per player in the order given, and a line at the mean of 1000. A rating without an interval is a dot alone. */
export function ratingPlot(ratings: readonly BradleyTerryRating[], { width = WIDTH }: { width?: number } = {}): Html {
  const longest = Math.max(0, ...ratings.map(({ player }) => player.length));
  const withInterval = ratings.flatMap(({ player, low, high }) => (low === null || high === null ? [] : [{ player, low, high }]));
  return draw({
    width,
    height: 30 * ratings.length + 76,
    marginLeft: Math.min(300, 14 + 7.5 * longest),
    marginRight: 30,
    x: { label: "rating →", grid: true, nice: true, ticks: 6, tickFormat: "d" },
    y: { label: null, domain: ratings.map(({ player }) => player), tickSize: 0 },
    marks: [
      Plot.ruleX([1000], { stroke: "var(--muted)", strokeDasharray: "3 4" }),
      Plot.ruleY(withInterval, {
        y: "player",
        x1: "low",
        x2: "high",
        stroke: "var(--others)",
        strokeWidth: 3,
        strokeLinecap: "round",
      }),
      Plot.dot(ratings, { y: "player", x: "rating", fill: "var(--others)", r: 6, stroke: "var(--page)", strokeWidth: 2 }),
    ],
  });
}

/** A line of metrics.jsonl. */
export interface TrainingPoint {
  step: number;
  loss?: number;
  learningRate?: number;
  gradientNorm?: number;
  validationAccuracy?: number;
}

/** Ratings by people against ratings by a judge. On the dashed line both agree. */
export function agreementPlot(
  people: readonly BradleyTerryRating[],
  judge: readonly BradleyTerryRating[],
  modelOf: (player: string) => string,
): Html {
  const ratingOf = new Map(judge.map(({ player, rating }) => [player, rating]));
  const points = people.map(({ player, rating }) => ({
    model: modelOf(player),
    people: rating,
    judge: ratingOf.get(player) ?? Number.NaN,
  }));
  const all = points.flatMap((point) => [point.people, point.judge]).filter(Number.isFinite);
  const domain = [Math.floor(Math.min(...all) / 50) * 50, Math.ceil(Math.max(...all) / 50) * 50];
  return draw({
    width: 290,
    height: 290,
    marginLeft: 52,
    x: { label: "rating by people", domain, ticks: 4 },
    y: { label: "rating by the scorer", domain, ticks: 4, grid: true },
    color: groupColors(points.map(({ model }) => model)),
    marks: [
      Plot.link([domain], { x1: "0", x2: "1", y1: "0", y2: "1", stroke: "var(--muted)", strokeDasharray: "3 4" }),
      Plot.dot(points, { x: "people", y: "judge", fill: "model", r: 6, stroke: "var(--page)", strokeWidth: 1.5 }),
    ],
  });
}

/** A point of a plot of two values; points of one group have one colour. */
export interface GroupedPoint {
  group: string;
  x: number;
  y: number;
}

const groupColors = (groups: readonly string[]) => ({
  domain: [...new Set(groups)].sort(),
  range: ["var(--a)", "var(--b)", "var(--c)", "var(--d)"],
});

/** Two values of each thing against each other, such as what people and what a scorer say of each model. */
export function pointsPlot(points: readonly GroupedPoint[], labels: { x: string; y: string }): Html {
  return draw({
    width: 400,
    height: 300,
    marginLeft: 56,
    x: { label: labels.x, ticks: 5, nice: true },
    y: { label: labels.y, ticks: 5, grid: true, nice: true },
    color: groupColors(points.map(({ group }) => group)),
    marks: [Plot.dot(points, { x: "x", y: "y", fill: "group", r: 6, stroke: "var(--page)", strokeWidth: 1.5 })],
  });
}

/** How long each phase took. @param marginLeft px for their names */
export function timePlot(phases: readonly { phase: string; seconds: number }[], marginLeft = 150): Html {
  let from = 0;
  const bars = phases.map(({ phase, seconds }) => {
    from += seconds;
    return { phase, from: from - seconds, to: from, seconds };
  });
  return draw({
    height: 30 * bars.length + 66,
    marginLeft,
    marginRight: 60,
    x: { label: "seconds", grid: true },
    y: { label: null, domain: bars.map(({ phase }) => phase), tickSize: 0 },
    marks: [
      Plot.barX(bars, { y: "phase", x1: "from", x2: "to", fill: "var(--others)", insetTop: 5, insetBottom: 5, rx: 3 }),
      Plot.text(bars, {
        y: "phase",
        x: "to",
        text: ({ seconds }: { seconds: number }) => `${seconds.toFixed(0)} s`,
        textAnchor: "start",
        dx: 6,
        fill: "currentColor",
      }),
    ],
  });
}
