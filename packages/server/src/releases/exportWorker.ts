/** @file The program of the thread that exports: it tells its progress, then how it ended. Any message to it stops the export. */
import { parentPort, workerData } from "node:worker_threads";
import { reasonOf } from "../errors.ts";
import type { ExportMessage } from "./exporter.ts";
import { type ExportJob, writeRelease } from "./write.ts";

const job: ExportJob = workerData;
const stop = new AbortController();
const tell = (message: ExportMessage) => parentPort?.postMessage(message);
parentPort?.once("message", () => stop.abort(new Error("the server stops")));
try {
  const onProgress = ({ done, total }: { done: number; total: number }) => tell({ done, total });
  tell({ unchanged: await writeRelease(job, { signal: stop.signal, onProgress }) });
} catch (error) {
  tell(stop.signal.aborted ? { stopped: true } : { problem: reasonOf(error) });
}
parentPort?.close();
