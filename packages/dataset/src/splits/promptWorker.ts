/** @file The program of the thread that compares prompts: it answers with the smallest member of each prompt's family. */

import { parentPort, workerData } from "node:worker_threads";
import { textFamilies } from "./nearDuplicates.ts";
import type { FamilyQuestion } from "./promptThread.ts";

const { least, ...texts }: FamilyQuestion = workerData;
const families = textFamilies(texts, least);
const roots = new Int32Array(families.size);
for (let i = 0; i < roots.length; i++) roots[i] = families.find(i);
parentPort?.postMessage(roots, [roots.buffer]);
