/** @file The program of the thread that computes checksums: it answers with the checksum of each file, or undefined if the file cannot be read. */

import { parentPort, workerData } from "node:worker_threads";
import { checksumsOf } from "./checksums.ts";

parentPort?.postMessage(await checksumsOf(workerData));
