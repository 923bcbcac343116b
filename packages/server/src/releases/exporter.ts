/**
 * @file Exports the dataset in the background of the server, on a thread of its own, so that pages and answers go on. What was asked for is a file beside
 * the releases until it is done: a server that starts again goes on with it, after the files that were finished.
 */

import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { writeWholeFile } from "@pickapic/disk";
import { jsonOf } from "@pickapic/errors";
import { z } from "zod";
import { type Exports, NewExport } from "../api/exports.ts";
import { ServerError } from "../errors.ts";
import { within } from "../within.ts";
import { finishRemovals, listReleases, removeRelease } from "./list.ts";
import type { ExportJob } from "./write.ts";

/** What the thread tells: progress, or how it ended. */
export type ExportMessage =
  | { readonly done: number; readonly total: number }
  | { readonly unchanged: boolean }
  | { readonly problem: string }
  | { readonly stopped: true };

/** Below the data folder. */
const RELEASES = "releases";
/** What was asked for and is not done, beside the releases. */
const REQUEST = "request.json";
/** Why the last export failed, beside the releases, until another one is asked for. */
const FAILURE = "failed.json";
const Failure = z.object({ problem: z.string() });
/** How long a stop waits for the thread to let go of its files, ms. */
const STOP_MS = 3_000;

/** The exports of a server, of which one runs at a time. */
export class Exporter {
  readonly #from: Omit<ExportJob, keyof NewExport | "to">;
  readonly #folder: string;
  #thread: { readonly worker: Worker; readonly ended: Promise<unknown> } | null = null;
  #starts = false;
  #last: Omit<Exports, "releases" | "state"> = { done: 0, total: 0, problem: null, unchanged: false };

  /** @param from where rankings and pictures are */
  constructor(from: Omit<ExportJob, keyof NewExport | "to">) {
    this.#from = from;
    this.#folder = join(from.dataFolder, RELEASES);
  }

  /** Goes on with an export that was asked for and not done, if there is one, and with the removal of a release; else recalls why the last export failed. */
  async resume(): Promise<void> {
    await finishRemovals(this.#folder);
    const asked = NewExport.safeParse(await this.#stored(REQUEST));
    if (asked.success) return this.#run(asked.data);
    const failed = Failure.safeParse(await this.#stored(FAILURE));
    if (failed.success) this.#last = { ...this.#last, ...failed.data };
  }

  /** Removes an old release, and returns what is left. @throws ServerError of `removeRelease` */
  async remove(release: number): Promise<Exports> {
    await removeRelease(this.#folder, release);
    return this.state();
  }

  /** What a file beside the releases holds; null when there is none, or no JSON in it. */
  async #stored(name: string): Promise<unknown> {
    const text = await readFile(join(this.#folder, name), "utf8").catch(() => "");
    return jsonOf(text) ?? null;
  }

  /**
   * Starts an export.
   * @throws ServerError PICKAPIC_EXPORT_RUNNING while another one runs
   */
  async start(asked: NewExport): Promise<Exports> {
    if (this.#thread || this.#starts) throw new ServerError("PICKAPIC_EXPORT_RUNNING");
    this.#starts = true;
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeWholeFile(join(this.#folder, REQUEST), `${JSON.stringify(asked)}\n`);
      await rm(join(this.#folder, FAILURE), { force: true });
      this.#run(asked);
    } finally {
      this.#starts = false;
    }
    return this.state();
  }

  /** The running export, how the last one ended, and the releases. */
  async state(): Promise<Exports> {
    const state = this.#thread ? "running" : this.#last.problem === null ? "idle" : "failed";
    return { state, ...this.#last, releases: await listReleases(this.#folder) };
  }

  /** Stops a running export, which the next start of the server goes on with. */
  async close(): Promise<void> {
    const running = this.#thread;
    if (!running) return;
    running.worker.postMessage("stop");
    await within(running.ended, STOP_MS, () => void running.worker.terminate());
  }

  #run(asked: NewExport): void {
    this.#last = { done: 0, total: 0, problem: null, unchanged: false };
    const job: ExportJob = { ...asked, ...this.#from, to: this.#folder };
    const worker = new Worker(new URL("./exportWorker.ts", import.meta.url), { workerData: job, execArgv: [] });
    const { promise, resolve } = Promise.withResolvers<void>();
    let ended: ExportMessage | null = null;
    worker.on("message", (message: ExportMessage) => {
      if ("done" in message) {
        this.#last = { ...this.#last, ...message };
        return;
      }
      ended = message;
      // It has closed its store; what libraries hold open would keep the thread.
      void worker.terminate();
    });
    worker.on("error", (error) => {
      ended = { problem: error.message };
    });
    worker.on("exit", () => void this.#finish(ended ?? { stopped: true }).finally(resolve));
    this.#thread = { worker, ended: promise };
  }

  async #finish(ended: ExportMessage): Promise<void> {
    this.#last = { ...this.#last, ...("stopped" in ended ? {} : ended) };
    if ("problem" in ended) await writeWholeFile(join(this.#folder, FAILURE), `${JSON.stringify(ended)}\n`);
    if (!("stopped" in ended)) await rm(join(this.#folder, REQUEST), { force: true });
    this.#thread = null;
  }
}
