/** @file The curves of a run as an SVG file: loss of every step, and accuracy at every validation. */
import { dot, line, plot, ruleY, windowY } from "@observablehq/plot";
import { writeWholeFile } from "@pickapic/disk";
import { parseHTML } from "linkedom";
import type { Metrics, StepMetrics, ValidationMetrics } from "./run/metrics.ts";

const isStep = (metrics: Metrics): metrics is StepMetrics => "loss" in metrics;
const isValidation = (metrics: Metrics): metrics is ValidationMetrics => "validationAccuracy" in metrics;

/** Steps that the drawn mean goes over: a twentieth of the run. */
const meanOver = (steps: number): number => Math.max(1, Math.round(steps / 20));

/** Draws the metrics of a run; two charts under one another. Empty text when there is nothing to draw. */
function plotMetrics(metrics: readonly Metrics[]): string {
  const charts = [lossChart(metrics.filter(isStep)), accuracyChart(metrics.filter(isValidation))].filter(
    (chart) => chart !== null,
  );
  if (charts.length === 0) return "";
  const height = charts.length * HEIGHT;
  const placed = charts.map((chart, i) => chart.replace("<svg ", `<svg y="${i * HEIGHT}" `));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">${placed.join("")}</svg>\n`;
}

const [WIDTH, HEIGHT] = [720, 300];
const frame = () => ({
  width: WIDTH,
  height: HEIGHT,
  marginLeft: 56,
  grid: true,
  document: parseHTML("<html></html>").document,
  style: { background: "white" },
});

function lossChart(steps: readonly StepMetrics[]): string | null {
  if (steps.length === 0) return null;
  const channels = { x: "step", y: "loss" };
  const mean = windowY({ k: meanOver(steps.length), anchor: "middle" }, { ...channels, stroke: "#c2410c", strokeWidth: 2 });
  const marks = [dot(steps, { ...channels, r: 1.2, fill: "#94a3b8" }), line(steps, mean)];
  return plot({ ...frame(), x: { label: "optimizer step" }, y: { label: "loss, nats" }, marks }).outerHTML;
}

function accuracyChart(validations: readonly ValidationMetrics[]): string | null {
  const percent = validations.map(({ step, validationAccuracy }) => ({ step, accuracy: 100 * validationAccuracy }));
  if (percent.length === 0) return null;
  const channels = { x: "step", y: "accuracy" };
  const marks = [
    ruleY([50], { strokeDasharray: "4" }),
    line(percent, { ...channels, stroke: "#1d4ed8" }),
    dot(percent, { ...channels, fill: "#1d4ed8", r: 2 }),
  ];
  return plot({ ...frame(), x: { label: "optimizer step" }, y: { label: "validation accuracy without ties, %" }, marks })
    .outerHTML;
}

/** Writes the plot as a whole file. */
export async function writePlot(file: string, metrics: readonly Metrics[]): Promise<void> {
  await writeWholeFile(file, plotMetrics(metrics));
}
