/** @file Which prompts stay together, found on a thread of its own: its strings are gone with it, and the caller's event loop goes on. */

import { Worker } from "node:worker_threads";
import { packedTexts, type TextDictionary } from "../columns/dictionary.ts";
import { Families } from "./families.ts";
import { promptFamilies } from "./nearDuplicates.ts";

/** What the thread is given: texts in UTF-8, text i in bytes starts[i] ... starts[i + 1] - 1, and the least similarity. */
export interface FamilyQuestion {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly least: number;
}

/** Prompts from which on a thread is worth its start, which takes about a tenth of a second. */
const WORTH_A_THREAD = 20_000;
/**
 * Memory of the thread for new objects. Without a limit V8 makes it 128 MB while many strings survive, and holds the freed pages for later.
 */
const YOUNG_MB = 24;

/** How `dictionaryFamilies` works. */
export interface FamilySettings {
  /** The least Jaccard similarity of prompts that stay together, as for `promptFamilies`. */
  readonly least: number;
  /** Aborting it ends the thread; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Prompts from which on a thread is used. */
  readonly threadFrom?: number;
}

/** The families of the texts of a dictionary, which are those of `promptFamilies`; member i is the text of code i. */
export async function dictionaryFamilies(
  texts: TextDictionary,
  { least, signal, threadFrom = WORTH_A_THREAD }: FamilySettings,
): Promise<Families> {
  if (texts.size < threadFrom)
    return promptFamilies(
      Array.from({ length: texts.size }, (_, code) => texts.text(code)),
      least,
    );
  signal?.throwIfAborted();
  return new Families(texts.size, await rootsOnThread({ ...packedTexts(texts), least }, signal));
}

async function rootsOnThread(question: FamilyQuestion, signal: AbortSignal | undefined): Promise<Int32Array<ArrayBuffer>> {
  const worker = new Worker(new URL("./promptWorker.ts", import.meta.url), {
    workerData: question,
    transferList: [question.bytes.buffer, question.starts.buffer],
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Int32Array<ArrayBuffer>>();
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.on("message", resolve).on("error", reject);
  worker.on("exit", () => reject(new Error("The thread that compares prompts ended without an answer.")));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
