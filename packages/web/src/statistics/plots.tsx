/** @file The plots of the statistics. Each has a table of its figures for screen readers. */
import { axisX, axisY, dot, gridY, line, type PlotOptions, rectY, ruleX, ruleY } from "@observablehq/plot";
import type { Statistics } from "@pickapic/server/api";
import { useMemo } from "react";
import { Chart } from "./chart.tsx";
import { countSteps, dayTicks, everyDay, guidancePoints } from "./series.ts";

const ACCENT = "var(--color-accent)";
const LINE = "var(--color-line)";
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const shortDate = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** Plots the share of pairs won by guidance scale, with 95 % intervals. */
export function GuidanceAndWins({ statistics }: { statistics: Statistics }) {
  const points = useMemo(() => guidancePoints(statistics.guidance), [statistics]);
  const options = useMemo<PlotOptions>(
    () => ({
      height: 280,
      marginLeft: 44,
      marginBottom: 36,
      x: { domain: [3, 12] },
      y: { domain: [0, 1] },
      marks: [
        gridY([0, 0.25, 0.5, 0.75, 1], { stroke: LINE, strokeOpacity: 1 }),
        ruleY([0.5], { stroke: "var(--color-edge)", strokeDasharray: "3 4" }),
        axisX({ ticks: 9, label: "guidance scale", tickSize: 0 }),
        axisY([0, 0.25, 0.5, 0.75, 1], { label: null, tickSize: 0, tickFormat: (share: number) => percent.format(share) }),
        ruleX(points, {
          x: "guidance",
          y1: "low",
          y2: "high",
          stroke: ACCENT,
          strokeWidth: 6,
          strokeOpacity: 0.28,
          strokeLinecap: "round",
        }),
        line(points, { x: "guidance", y: "winRate", stroke: ACCENT, strokeWidth: 1.5, strokeOpacity: 0.6 }),
        dot(points, { x: "guidance", y: "winRate", r: 4.5, fill: ACCENT, stroke: "var(--color-surface)", strokeWidth: 1.5 }),
      ],
    }),
    [points],
  );
  return (
    <>
      <Chart options={options} label="Share of pairs won by guidance scale; the table that follows has the figures" />
      <FiguresTable
        caption="Share of pairs won by guidance scale"
        head={["Guidance", "Won", "Pairs"]}
        rows={points.map(({ bin, winRate, games }) => [bin, percent.format(winRate), String(games)])}
      />
    </>
  );
}

/** Plots the number of answers of each day. */
export function AnswersPerDay({ statistics }: { statistics: Statistics }) {
  const days = useMemo(() => everyDay(statistics.answersPerDay), [statistics]);
  const ticks = countSteps(days.map(({ rankings }) => rankings));
  const options = useMemo<PlotOptions>(
    () => ({
      height: 280,
      marginLeft: 44,
      marginBottom: 36,
      x: { type: "utc", domain: dayDomain(days) },
      y: { nice: true, zero: true },
      marks: [
        gridY({ ticks, stroke: LINE, strokeOpacity: 1 }),
        axisX(dayTicks(dayDomain(days)), { label: null, tickSize: 0, tickFormat: (noon: Date) => shortDate.format(noon) }),
        axisY({ ticks, label: null, tickSize: 0, tickFormat: (count: number) => whole.format(count) }),
        rectY(days, { x: "day", interval: "day", y: "rankings", fill: ACCENT, inset: 1, rx: 3 }),
        ruleY([0], { stroke: "var(--color-edge)" }),
      ],
    }),
    [days, ticks],
  );
  return (
    <>
      <Chart options={options} label="Answers per day; the table that follows has the figures" />
      <FiguresTable
        caption="Answers per day"
        head={["Day", "Answers"]}
        rows={days.map(({ day, rankings }) => [date.format(day), String(rankings)])}
      />
    </>
  );
}

/** The first and the last moment of the x axis. It has at least 14 days, so that a single day is not one huge bar. */
function dayDomain(days: { day: Date }[]): [Date, Date] {
  const last = (days.at(-1)?.day.getTime() ?? 0) + 86_400_000;
  const first = Math.min(days[0]?.day.getTime() ?? last, last - 14 * 86_400_000);
  return [new Date(first), new Date(last)];
}

function FiguresTable({ caption, head, rows }: { caption: string; head: string[]; rows: string[][] }) {
  return (
    <table className="sr-only">
      <caption>{caption}</caption>
      <thead>
        <tr>
          {head.map((cell) => (
            <th key={cell} scope="col">
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row[0]}>
            {row.map((cell, index) => (
              <td key={head[index]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
