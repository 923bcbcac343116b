/** @file The program of the thread that compares prompts: it answers with the smallest member of each prompt's family. */

import { parentPort, workerData } from "node:worker_threads";
import { promptFamilies } from "./nearDuplicates.ts";
import type { FamilyQuestion } from "./promptThread.ts";

const { bytes, starts, least }: FamilyQuestion = workerData;
const decoder = new TextDecoder();
const texts = Array.from({ length: starts.length - 1 }, (_, i) => decoder.decode(bytes.subarray(starts[i], starts[i + 1])));
const families = promptFamilies(texts, least);
const roots = Int32Array.from({ length: texts.length }, (_, i) => families.find(i));
parentPort?.postMessage(roots, [roots.buffer]);
