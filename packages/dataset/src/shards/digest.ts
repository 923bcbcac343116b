/** @file SHA-256 of files while they are written, on a thread of its own, so that the caller makes the next bytes meanwhile. */

import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";

/** The checksum of bytes that come piece by piece. */
export interface Digest {
  /** Adds bytes, which may change when the promise has settled. */
  update(bytes: Uint8Array): Promise<void>;
  /** The SHA-256 of all bytes, hexadecimal. Nothing can be added after it. */
  hex(): Promise<string>;
}

/** Makes checksums, several at a time. */
export interface Digester {
  start(): Digest;
  /** Ends its work; calls that wait reject. */
  stop(): Promise<void>;
}

/** Computes on the thread of the caller. */
export const CALLERS_DIGESTER: Digester = {
  start() {
    const hash = createHash("sha256");
    return { update: async (bytes) => void hash.update(bytes), hex: async () => hash.digest("hex") };
  },
  stop: async () => undefined,
};

/** Asked of the thread about checksum `id`: to add bytes, or, without bytes, to tell the checksum. Each is answered in its order. */
export interface DigestRequest {
  readonly id: number;
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

/** The answer: the checksum when it was asked for, otherwise nothing but that the bytes are added. */
export type DigestReply = string | undefined;

/** Bytes that wait for the thread at most, about. */
const WAITING_BYTES = 8e6;
/** Memory of the thread for new objects, MB: it makes hardly any. */
const YOUNG_MB = 2;

/** Starts a thread that computes checksums. It must be stopped. */
export function startDigester(): Digester {
  const worker = new Worker(new URL("./digestWorker.ts", import.meta.url), {
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const asked: { readonly bytes: number; readonly answer: PromiseWithResolvers<DigestReply> }[] = [];
  let failure: Error | undefined;
  let waiting = 0;
  const fail = (error: Error) => {
    failure ??= error;
    for (const { answer } of asked.splice(0)) answer.reject(failure);
  };
  worker.on("message", (reply: DigestReply) => {
    const first = asked.shift();
    waiting -= first?.bytes ?? 0;
    first?.answer.resolve(reply);
  });
  worker.on("error", fail).on("exit", () => fail(new Error("The thread that computes checksums ended.")));
  const ask = (request: DigestRequest): Promise<DigestReply> => {
    const answer = Promise.withResolvers<DigestReply>();
    answer.promise.catch(() => undefined); // Not every answer is awaited. A failure that is missed here fails the next call.
    if (failure) answer.reject(failure);
    else {
      asked.push({ bytes: request.bytes?.length ?? 0, answer });
      waiting += request.bytes?.length ?? 0;
      worker.postMessage(request, request.bytes ? [request.bytes.buffer] : []);
    }
    return answer.promise;
  };
  let files = 0;
  return {
    start() {
      const id = files++;
      return {
        async update(bytes) {
          const answered = ask({ id, bytes: new Uint8Array(bytes) });
          if (failure || waiting > WAITING_BYTES) await answered;
        },
        async hex() {
          const sum = await ask({ id });
          if (sum === undefined) throw new Error("The thread that computes checksums did not tell one.");
          return sum;
        },
      };
    },
    stop: async () => void (await worker.terminate()),
  };
}
