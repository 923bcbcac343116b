/** @file Progress on stderr: a bar with rate and remaining time on a terminal, now and then a plain line elsewhere. */
import { SingleBar } from "cli-progress";
import type { Context } from "./context.ts";

/** How far a long operation is. `total` 0: not known. */
export interface ProgressReport {
  done: number;
  total: number;
  unit: string;
  note?: string;
}

export interface ProgressView {
  update(report: ProgressReport): void;
  /** Removes the bar, or prints a last line. Safe to call twice. */
  stop(): void;
}

/** Plain lines come at most this often, in ms: a log file stays readable. */
const PLAIN_EVERY = 5_000;
const BAR = "{title} [{bar}] {percentage}%  {value}/{total} {unit}  {rate}  {left}  {note}";

/** Starts to show progress under a title. Nothing is drawn before the first report. */
export function showProgress(context: Context, title: string): ProgressView {
  return context.stderr.isTTY && !context.env.CI ? bar(context, title) : lines(context, title);
}

function bar(context: Context, title: string): ProgressView {
  const started = context.now();
  const single = new SingleBar({
    format: BAR,
    stream: context.stderr as NodeJS.WritableStream,
    barCompleteChar: "━",
    barIncompleteChar: " ",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 8,
  });
  let running = false;
  return {
    update(report) {
      const payload = { title, unit: report.unit, note: report.note ?? "", ...pace(report, context.now() - started) };
      if (!running) single.start(report.total, report.done, payload);
      running = true;
      single.setTotal(report.total);
      single.update(report.done, payload);
    },
    stop() {
      if (running) single.stop();
      running = false;
    },
  };
}

function lines(context: Context, title: string): ProgressView {
  const started = context.now();
  let printed = Number.NEGATIVE_INFINITY;
  let last: ProgressReport | undefined;
  const print = (report: ProgressReport) => {
    const { rate, left } = pace(report, context.now() - started);
    const count = report.total > 0 ? `${report.done}/${report.total}` : `${report.done}`;
    const parts = [`${count} ${report.unit}`, rate, left, report.note ?? ""].filter((part) => part !== "");
    context.stderr.write(`${title}: ${parts.join(", ")}\n`);
  };
  return {
    update(report) {
      last = report;
      if (context.now() - printed < PLAIN_EVERY) return;
      printed = context.now();
      last = undefined;
      print(report);
    },
    stop() {
      if (last) print(last);
      last = undefined;
    },
  };
}

/** Rate so far and what remains of it, as words; empty while nothing can be said. */
function pace(report: ProgressReport, elapsed: number): { rate: string; left: string } {
  if (report.done <= 0 || elapsed < 500) return { rate: "", left: "" };
  const perSecond = (report.done / elapsed) * 1000;
  const rate = perSecond >= 1 ? `${figure(perSecond)}/s` : `${figure(perSecond * 60)}/min`;
  const remaining = report.total - report.done;
  return { rate, left: remaining > 0 ? `${duration(remaining / perSecond)} left` : "" };
}

/** Two or three significant digits. */
function figure(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}

/** Seconds as people say them: "8 s", "2 min 05 s", "1 h 10 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
