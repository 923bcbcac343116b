/** @file The plots of a training run, as SVG text. */
import * as Plot from "@observablehq/plot";
import type { Calibration, Interval } from "@pickapic/evaluation";
import { thousands } from "./figures.ts";
import type { Html } from "./html.ts";
import { draw, type TrainingPoint } from "./plots.ts";

/** Narrow enough for letters to stay readable on a phone. */
const SIZE = { width: 400, height: 250, marginLeft: 48, marginRight: 14 };
/** A line has at most this many points, so that a long run does not make a large page. */
const MOST_POINTS = 600;

/** What a curve shows of each step. */
interface Series {
  label: string;
  of: (point: TrainingPoint) => number | undefined;
  /** True for a value that jumps from step to step: it is drawn thin, beside its running mean. */
  noisy?: boolean;
  /** Where to draw a dashed line. */
  reference?: number;
  format?: (value: number) => string;
}

/** A value over the steps of training. Long runs are drawn as means of neighbouring steps. */
export function curvePlot(points: readonly TrainingPoint[], { label, of, noisy, reference, format }: Series): Html {
  const all = points.flatMap((point) => {
    const value = of(point);
    return value === undefined ? [] : [{ step: point.step, value }];
  });
  const shown = thinned(all, MOST_POINTS);
  const mean = Plot.windowY({ k: Math.max(1, Math.ceil(shown.length / 12)) }, { x: "step", y: "value", stroke: "var(--ours)" });
  const line = { x: "step", y: "value" };
  return draw({
    ...SIZE,
    x: { label: "step", ticks: 5 },
    y: {
      label,
      grid: true,
      tickFormat: format,
      ...scaleOf([...shown.map(({ value }) => value), ...(reference === undefined ? [] : [reference])]),
    },
    marks: [
      reference === undefined ? null : Plot.ruleY([reference], { stroke: "var(--muted)", strokeDasharray: "3 4" }),
      noisy ? Plot.lineY(shown, { ...line, stroke: "var(--muted)", strokeOpacity: 0.7, strokeWidth: 1 }) : null,
      noisy
        ? Plot.lineY(shown, { ...mean, strokeWidth: 2.5 })
        : Plot.lineY(shown, { ...line, stroke: "var(--ours)", strokeWidth: 2.5 }),
      noisy || shown.length > 30 ? null : Plot.dot(shown, { ...line, fill: "var(--ours)", r: 3.5, stroke: "var(--card)" }),
    ],
  });
}

/**
 * The loss of every step and, below it, the accuracy of every validation, as one SVG file. Empty when there is nothing to draw.
 */
export function lossCurves(points: readonly TrainingPoint[]): string {
  const curves = [
    points.some(({ loss }) => loss !== undefined)
      ? curvePlot(points, { label: "loss, nats", of: ({ loss }) => loss, noisy: true })
      : null,
    points.some(({ validationAccuracy }) => validationAccuracy !== undefined)
      ? curvePlot(points, {
          label: "validation accuracy without ties, %",
          of: ({ validationAccuracy: share }) => (share === undefined ? undefined : 100 * share),
        })
      : null,
  ].filter((curve) => curve !== null);
  if (curves.length === 0) return "";
  const [width, height] = [SIZE.width, curves.length * SIZE.height];
  const placed = curves.map(({ markup }, i) => markup.replace("<svg ", `<svg y="${i * SIZE.height}" `)).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" style="${FILE_COLOURS}">${placed}</svg>\n`;
}

/** Colours for a file of its own; on a page the page defines them. */
const FILE_COLOURS = "background: white; --ours: #c2410c; --muted: #94a3b8; --card: white";

/** Five ticks, or one when all values are equal: on an axis of no length, Plot would write it with six digits. */
function scaleOf(values: readonly number[]): { ticks: number | number[]; domain?: [number, number] } {
  const [first] = values;
  if (first === undefined || values.some((value) => value !== first)) return { ticks: 5 };
  const margin = Math.abs(first) / 20 || 1;
  return { ticks: [first], domain: [first - margin, first + margin] };
}

interface Point {
  step: number;
  value: number;
}

/** Averages equal stretches when there are more than `most` points. */
export function thinned(points: readonly Point[], most: number): Point[] {
  if (points.length <= most) return [...points];
  const length = Math.ceil(points.length / most);
  return Array.from({ length: Math.ceil(points.length / length) }, (_, i) => {
    const part = points.slice(i * length, (i + 1) * length);
    const mean = (pick: (point: Point) => number) => part.reduce((sum, point) => sum + pick(point), 0) / part.length;
    return { step: mean(({ step }) => step), value: mean(({ value }) => value) };
  });
}

/**
 * How sure the scorer is against how often it is right. On the dashed line probabilities are calibrated. Below each point stands
 * its number of pairs.
 */
export function reliabilityPlot({ bins }: Calibration): Html {
  const filled = bins.filter(({ examples }) => examples > 0);
  const rows = filled.map(({ low, high, examples, predicted, observed, interval }) => ({
    middle: 50 * (low + high),
    pairs: `${examples}`,
    sure: 100 * predicted,
    right: 100 * observed,
    least: 100 * interval[0],
    most: 100 * interval[1],
  }));
  const floor = Math.min(20, ...rows.map(({ least }) => 10 * Math.floor(least / 10)));
  const bottom = floor - 12;
  return draw({
    ...SIZE,
    height: 320,
    x: { label: "how sure the scorer is, % →", domain: [50, 100], ticks: 5 },
    y: {
      label: "↑ people agree, %",
      domain: [bottom, 100],
      ticks: [0, 20, 40, 60, 80, 100].filter((tick) => tick >= floor),
      grid: true,
    },
    marks: [
      Plot.link([{}], { x1: 50, y1: 50, x2: 100, y2: 100, stroke: "var(--muted)", strokeDasharray: "3 4" }),
      Plot.ruleX(rows, { x: "sure", y1: "least", y2: "most", stroke: "var(--ours)", strokeWidth: 2.5, strokeLinecap: "round" }),
      Plot.dot(rows, { x: "sure", y: "right", fill: "var(--ours)", r: 6, stroke: "var(--card)", strokeWidth: 2 }),
      Plot.text(rows, { x: "middle", y: bottom + 5, text: "pairs", fill: "var(--soft)" }),
    ],
  });
}

/** A value for an amount of training pairs. */
export interface DataPoint {
  pairs: number;
  value: number;
  interval?: Interval;
}

interface DataSize {
  label: string;
  /** Where to draw a dashed line. */
  reference: number;
}

/** A value over the amount of training data, on a logarithmic axis. */
export function dataSizePlot(points: readonly DataPoint[], { label, reference }: DataSize): Html {
  const amounts = points.map(({ pairs }) => pairs);
  const intervals = points.flatMap(({ pairs, interval }) => (interval ? [{ pairs, low: interval[0], high: interval[1] }] : []));
  const line = { x: "pairs", y: "value" };
  return draw({
    ...SIZE,
    height: 300,
    x: {
      type: "log",
      label: "training pairs, logarithmic →",
      domain: [Math.min(...amounts) / 1.25, Math.max(...amounts) * 1.25],
      ticks: amounts,
      tickFormat: thousands,
    },
    y: { label, grid: true, ticks: 6, nice: true },
    marks: [
      Plot.ruleY([reference], { stroke: "var(--others)", strokeDasharray: "4 4", strokeWidth: 1.5 }),
      Plot.lineY(points, { ...line, stroke: "var(--ours)", strokeWidth: 2 }),
      Plot.ruleX(intervals, {
        x: "pairs",
        y1: "low",
        y2: "high",
        stroke: "var(--ours)",
        strokeWidth: 2.5,
        strokeLinecap: "round",
      }),
      Plot.dot(points, { ...line, fill: "var(--ours)", r: 6, stroke: "var(--card)", strokeWidth: 2 }),
    ],
  });
}
