/** @file Parquet files encoded on a thread of its own, so that the caller gathers the next rows meanwhile. The caller's thread writes them to the disk. */

import { Worker } from "node:worker_threads";
import type { GrowingFile } from "../files.ts";
import type { Column } from "../row.ts";
import { type GroupLimits, type ParquetStream, parquetStream } from "./parquetStream.ts";

/** Makes Parquet files, several at a time. */
export interface Encoder {
  /** Starts a file; see `parquetStream`. */
  open(file: GrowingFile, columns: readonly Column[], limits: GroupLimits, exportId?: string): Promise<ParquetStream>;
  /** Ends its work. Files that are not finished stay as they are, and their calls reject. */
  stop(): Promise<void>;
}

/** Encodes on the thread of the caller. */
export const CALLERS_THREAD: Encoder = { open: parquetStream, stop: async () => undefined };

/** Asked of the thread about file `id`. */
export type EncoderRequest = { readonly id: number } & (
  | {
      readonly ask: "open";
      readonly columns: readonly Column[];
      readonly limits: GroupLimits;
      readonly exportId: string | undefined;
    }
  | { readonly ask: "write"; readonly arrow: Uint8Array }
  | { readonly ask: "finish" }
  /** Says that the last chunk is in the file, so that the thread goes on. */
  | { readonly ask: "saved" }
);

/** Size in bytes and SHA-256, hexadecimal, of a finished file. */
export type FinishedFile = Awaited<ReturnType<ParquetStream["finish"]>>;

/** What the thread says about file `id`. Each request but "saved" is answered with "done" or "failed", in their order. */
export type EncoderReply = { readonly id: number } & (
  | { readonly told: "chunk"; readonly bytes: Uint8Array }
  | { readonly told: "done"; readonly finished: FinishedFile | undefined }
  | { readonly told: "failed"; readonly error: Error }
);

/** Memory of the thread for new objects, MB. Without a limit V8 lets it grow, and holds the freed pages for later. */
const YOUNG_MB = 16;

/** Starts a thread that encodes. It must be stopped. */
export function startEncoder(): Encoder {
  const worker = new Worker(new URL("./encoderWorker.ts", import.meta.url), {
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const files: EncodedFile[] = [];
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    for (const file of files) file.fail(failure);
  };
  worker.on("message", (reply: EncoderReply) => files[reply.id]?.hear(reply));
  worker.on("error", fail).on("exit", () => fail(new Error("The thread that encodes Parquet files ended.")));
  return {
    async open(file, columns, limits, exportId) {
      if (failure) throw failure;
      const id = files.length;
      const encoded = new EncodedFile(file, (request, moved) => worker.postMessage({ id, ...request }, moved));
      files.push(encoded);
      encoded.ask({ ask: "open", columns, limits, exportId });
      return encoded;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

type Request = EncoderRequest extends infer R ? (R extends unknown ? Omit<R, "id"> : never) : never;

/** One file of the thread. */
class EncodedFile implements ParquetStream {
  readonly #file: GrowingFile;
  readonly #post: (request: Request, moved: ArrayBuffer[]) => void;
  readonly #asked: PromiseWithResolvers<FinishedFile | undefined>[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;

  constructor(file: GrowingFile, post: (request: Request, moved: ArrayBuffer[]) => void) {
    this.#file = file;
    this.#post = post;
  }

  /** Asks the thread; the promise is of its answer. */
  ask(request: Request, moved: ArrayBuffer[] = []): Promise<FinishedFile | undefined> {
    const asked = Promise.withResolvers<FinishedFile | undefined>();
    asked.promise.catch(() => undefined); // It is awaited with the next call; until then its failure must not count as unhandled.
    this.#last = asked.promise;
    if (this.#failure) asked.reject(this.#failure);
    else {
      this.#asked.push(asked);
      this.#post(request, moved);
    }
    return asked.promise;
  }

  /** It returns when the batch before is encoded, so that one is encoded and one waits while the caller makes the next. */
  async write(arrow: Uint8Array): Promise<void> {
    const before = this.#last;
    this.ask({ ask: "write", arrow }, arrow.buffer instanceof ArrayBuffer ? [arrow.buffer] : []);
    await before;
  }

  async finish(): Promise<FinishedFile> {
    const finished = await this.ask({ ask: "finish" });
    await this.#file.close();
    if (!finished) throw new Error("The thread that encodes Parquet files finished one and did not tell its size and checksum.");
    return finished;
  }

  /** Takes what the thread says. */
  hear(reply: EncoderReply): void {
    if (reply.told === "failed") this.fail(reply.error);
    if (reply.told === "done") this.#asked.shift()?.resolve(reply.finished);
    if (reply.told === "chunk")
      this.#file.write(reply.bytes).then(
        () => this.#post({ ask: "saved" }, []),
        (error) => this.fail(error),
      );
  }

  /** Rejects this and every later call. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const asked of this.#asked.splice(0)) asked.reject(this.#failure);
  }
}
