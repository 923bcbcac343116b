/** @file Shows progress on stderr: on a terminal as a bar with rate and remaining time, elsewhere as a plain line every few seconds. */

import type { ProgressReport } from "@pickapic/experiments/progress";
import { duration } from "@pickapic/report/figures";
import { SingleBar } from "cli-progress";
import type { Context } from "./context.ts";

/** Shows how far one operation is. `update` may be called as often as there is news. */
export interface ProgressView {
  update(report: ProgressReport): void;
  /** Removes the bar, or prints a last line. Safe to call twice. */
  stop(): void;
}

/** Shortest time between two plain lines, ms. */
const SHORTEST_PAUSE_MS = 5_000;
/** Longest time without a plain line, ms. Then the last one is repeated, because a silent command looks as if it hung. */
const LONGEST_PAUSE_MS = 10_000;
/** Between these bounds, the pause is this share of the time since the start, so that a log stays short. */
const PAUSE_SHARE = 0.1;
/** How often to check whether a line is due, ms. */
const WATCH_EVERY_MS = 1_000;
const BAR = "{title} [{bar}] {percentage}%  {value}/{total} {unit}  {rate}  {left}  {note}";

/** Starts to show progress under a title. Nothing is written before the first report. */
export function showProgress(context: Context, title: string): ProgressView {
  return context.stderr.isTTY && !context.env.CI ? bar(context, title) : lines(context, title);
}

function bar(context: Context, title: string): ProgressView {
  const pace = openPace(context.now);
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
      const payload = { title, unit: report.unit, note: report.note ?? "", ...pace(report) };
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
  const pace = openPace(context.now);
  const started = context.now();
  let printed = started;
  let isFirst = true;
  let last: { text: string; isNew: boolean } | undefined;
  const print = (text: string) => {
    context.stderr.write(text);
    printed = context.now();
    isFirst = false;
    if (last) last.isNew = false;
  };
  // Repeats the last line while a long step, such as a measurement, reports nothing.
  const watch = setInterval(() => {
    if (last && context.now() - printed >= LONGEST_PAUSE_MS - WATCH_EVERY_MS) print(last.text);
  }, WATCH_EVERY_MS);
  watch.unref();
  return {
    update(report) {
      const now = context.now();
      last = { text: line(title, report, pace(report)), isNew: true };
      const wanted = Math.min(LONGEST_PAUSE_MS - WATCH_EVERY_MS, Math.max(SHORTEST_PAUSE_MS, PAUSE_SHARE * (now - started)));
      if (isFirst || now - printed >= wanted) print(last.text);
    },
    stop() {
      clearInterval(watch);
      if (last?.isNew) print(last.text);
      last = undefined;
    },
  };
}

function line(title: string, { done, total, unit, note = "" }: ProgressReport, { rate, left }: Pace): string {
  const count = total > 0 ? `${done}/${total}` : `${done}`;
  const parts = [`${count} ${unit}`, rate, left, note].filter((part) => part !== "");
  return `${title}: ${parts.join(", ")}\n`;
}

/** Rate and remaining time as text. Both are empty while they are unknown. */
interface Pace {
  rate: string;
  left: string;
}

/** Returns a function that computes rate and remaining time from the reports since the first one. If the count goes back, it starts anew. */
function openPace(now: () => number): (report: ProgressReport) => Pace {
  let first: { done: number; at: number } | undefined;
  let last = 0;
  return ({ done, total }) => {
    if (!first || done < last) first = { done, at: now() };
    last = done;
    const [made, elapsed] = [done - first.done, now() - first.at];
    if (made <= 0 || elapsed < 500) return { rate: "", left: "" };
    const perSecond = (made / elapsed) * 1000;
    const rate = perSecond >= 1 ? `${figure(perSecond)}/s` : `${figure(perSecond * 60)}/min`;
    return { rate, left: total > done ? `${duration((total - done) / perSecond)} left` : "" };
  };
}

/** Writes a rate: as a whole number from 10 on, below that with one decimal place. */
function figure(value: number): string {
  return value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}
