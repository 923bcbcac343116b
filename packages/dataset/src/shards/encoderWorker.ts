/** @file The program of the thread that encodes Parquet files. It gives each chunk to the caller's thread, and goes on when that is on the disk. */

import { parentPort } from "node:worker_threads";
import type { EncoderReply, EncoderRequest, FinishedFile } from "./encoderThread.ts";
import { type ParquetStream, parquetStream } from "./parquetStream.ts";

/** A file that is encoded here. */
class WorkerFile {
  readonly #id: number;
  #parquet: ParquetStream | undefined;
  #saved = Promise.withResolvers<void>();
  /** Requests are answered one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(id: number) {
    this.#id = id;
  }

  hear(request: EncoderRequest): void {
    if (request.ask === "saved") this.#saved.resolve();
    else this.#last = this.#last.then(() => this.#answer(request));
  }

  async #answer(request: EncoderRequest): Promise<void> {
    const id = this.#id;
    try {
      tell({ id, told: "done", finished: await this.#do(request) });
    } catch (cause) {
      tell({ id, told: "failed", error: cause instanceof Error ? cause : new Error(String(cause)) });
    }
  }

  async #do(request: EncoderRequest): Promise<FinishedFile | undefined> {
    if (request.ask === "open")
      this.#parquet = await parquetStream(
        { write: (bytes) => this.#save(bytes), close: async () => undefined },
        request.columns,
        request.limits,
        request.exportId,
      );
    if (request.ask === "write") await this.#parquet?.write(request.arrow);
    return request.ask === "finish" ? this.#parquet?.finish() : undefined;
  }

  async #save(bytes: Uint8Array): Promise<void> {
    this.#saved = Promise.withResolvers<void>();
    tell({ id: this.#id, told: "chunk", bytes }, bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []);
    await this.#saved.promise;
  }
}

const tell = (reply: EncoderReply, moved: ArrayBuffer[] = []): void => parentPort?.postMessage(reply, moved);
const files = new Map<number, WorkerFile>();
parentPort?.on("message", (request: EncoderRequest) => {
  const file = files.get(request.id) ?? new WorkerFile(request.id);
  files.set(request.id, file);
  file.hear(request);
});
