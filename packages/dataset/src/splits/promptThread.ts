/** @file Which prompts stay together, found on a thread of its own: its strings are gone with it, and the caller's event loop goes on. */

import { Worker } from "node:worker_threads";
import { type CopiedTexts, packedTexts } from "../columns/dictionary.ts";
import { answerOf } from "../thread.ts";
import { Families } from "./families.ts";
import { type PackedTexts, textFamilies } from "./nearDuplicates.ts";

/** What the thread is given: texts, and the least similarity. */
export interface FamilyQuestion extends PackedTexts {
  readonly least: number;
}

/** Prompts from which on a thread is worth its start, which takes about a tenth of a second. */
const WORTH_A_THREAD = 20_000;
/** Memory of the thread for new objects, MB, which are few. Without a limit V8 lets it grow, and holds the freed pages for later. */
const YOUNG_MB = 4;

/** How `dictionaryFamilies` works. */
export interface FamilySettings {
  /** The least Jaccard similarity of prompts that stay together, as for `textFamilies`. */
  readonly least: number;
  /** Aborting it ends the thread; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Prompts from which on a thread is used. */
  readonly threadFrom?: number;
}

/** The families of the texts of a dictionary, which are those of `textFamilies`; member i is the text of code i. */
export async function dictionaryFamilies(
  texts: CopiedTexts,
  { least, signal, threadFrom = WORTH_A_THREAD }: FamilySettings,
): Promise<Families> {
  if (texts.size < threadFrom) return textFamilies(packedTexts(texts), least);
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
  return answerOf(worker, "compares prompts", signal);
}
