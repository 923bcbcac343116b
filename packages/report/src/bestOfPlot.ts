/** @file The plot of the best of n: what the score promises and what people say, over n. */
import * as Plot from "@observablehq/plot";
import type { Interval } from "@pickapic/evaluation";
import { type Html, html } from "./html.ts";
import { draw } from "./plots.ts";

/** One line of the plot: a share for each n. */
export interface BestOfLine {
  name: string;
  /** A colour of the page, such as "var(--ours)". */
  color: string;
  /** True for what is only a forecast: the line is dashed. */
  dashed?: boolean;
  /** Shares are 0...1; points without a share are left out. */
  points: readonly { n: number; share: number | null; interval?: Interval | null }[];
}

/** Distance between the marks of two lines at one n, px. */
const APART = 4;

/** How often the pick of n images is preferred, over n on a logarithmic axis, with intervals; the line at one half is chance. */
export function bestOfPlot(lines: readonly BestOfLine[]): Html {
  const rows = lines.flatMap(({ name, points }) =>
    points.flatMap(({ n, share, interval }) =>
      share === null
        ? []
        : [
            {
              n,
              name,
              share: 100 * share,
              low: 100 * (interval?.[0] ?? share),
              high: 100 * (interval?.[1] ?? share),
            },
          ],
    ),
  );
  const sizes = [...new Set(rows.map(({ n }) => n))];
  return draw({
    width: 560,
    height: 320,
    marginLeft: 48,
    marginRight: 24,
    x: { type: "log", base: 2, label: "n, logarithmic →", ticks: sizes, tickFormat: (n: number) => `${n}` },
    y: { label: "↑ preferred to a random picture, %", grid: true, ticks: 6, nice: true },
    marks: [
      Plot.ruleY([50], { stroke: "var(--muted)", strokeDasharray: "3 4" }),
      ...lines.flatMap(({ name, color, dashed }, i) => {
        const own = rows.filter((row) => row.name === name);
        // Lines lie a little beside each other, so that their intervals can be told apart.
        const line = { x: "n", y: "share", dx: APART * (i - (lines.length - 1) / 2) };
        return [
          Plot.ruleX(own, {
            ...line,
            y: undefined,
            y1: "low",
            y2: "high",
            stroke: color,
            strokeWidth: 2.5,
            strokeLinecap: "round",
          }),
          Plot.lineY(own, { ...line, stroke: color, strokeWidth: 2, strokeDasharray: dashed ? "5 4" : undefined }),
          Plot.dot(own, { ...line, fill: color, r: 4.5, stroke: "var(--card)" }),
        ];
      }),
    ],
  });
}

/** The names of the lines in their colours, to stand below the plot. */
export function bestOfLegend(lines: readonly BestOfLine[]): Html {
  return html`${lines.map(({ name, color }) => html`<span style="color: ${color}">●</span> ${name} `)}`;
}
