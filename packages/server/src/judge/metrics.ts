/** @file The metrics of a judge in Prometheus' text format. */
import type { BatchReport, Judge, JudgedImages } from "@pickapic/judge";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Collects what a judge does. */
export interface JudgeMetrics {
  readonly registry: Registry;
  /** Is told of each batch of the scorer. */
  onBatch(report: BatchReport): void;
  /** Is told of each question that was answered. @param route its address, which tells its shape @param caller the name of its key, or "open" */
  onAnswer(route: string, caller: string, judged: Pick<JudgedImages, "results" | "waitedMs">): void;
  /** Is told of each question that was refused. @param code the error's code */
  onRefusal(route: string, code: string): void;
  /** Reads the length of the queue of a judge from now on. */
  watch(judge: Pick<Judge, "waiting">): void;
}

/** Opens the metrics of a judge. @param withProcess false where other metrics of the same process tell its memory and processor time */
export function openMetrics(withProcess = true): JudgeMetrics {
  const registry = new Registry();
  const registers = [registry];
  if (withProcess) collectDefaultMetrics({ register: registry });
  let watched: Pick<Judge, "waiting"> | undefined;
  const images = new Counter({
    name: "pickapic_judge_images_total",
    help: "Images judged, by address and by caller",
    labelNames: ["route", "caller"],
    registers,
  });
  const failed = new Counter({ name: "pickapic_judge_failed_images_total", help: "Images without a score", registers });
  const refused = new Counter({
    name: "pickapic_judge_refused_total",
    help: "Questions refused, by the code of the error",
    labelNames: ["route", "code"],
    registers,
  });
  const waited = new Histogram({
    name: "pickapic_judge_wait_seconds",
    help: "Time that a question waits for the scorer",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5],
    registers,
  });
  const computed = new Histogram({
    name: "pickapic_judge_batch_seconds",
    help: "Time of a batch in the scorer",
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers,
  });
  const sizes = new Histogram({
    name: "pickapic_judge_batch_images",
    help: "Images of a batch",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  });
  new Gauge({
    name: "pickapic_judge_waiting_images",
    help: "Images that wait for the scorer",
    registers,
    collect() {
      this.set(watched?.waiting ?? 0);
    },
  });
  return {
    registry,
    onBatch(report) {
      sizes.observe(report.images);
      computed.observe(report.computedMs / 1000);
    },
    onAnswer(route, caller, { results, waitedMs }) {
      images.inc({ route, caller }, results.length);
      failed.inc(results.filter((result) => "code" in result).length);
      waited.observe(waitedMs / 1000);
    },
    onRefusal: (route, code) => refused.inc({ route, code }),
    watch(judge) {
      watched = judge;
    },
  };
}
