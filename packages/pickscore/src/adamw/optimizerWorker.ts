/** @file A thread of the optimizer. */
import { workerData } from "node:worker_threads";
import { help, type Job, openKernel } from "./optimizerJob.ts";

const { program, arenas, board } = workerData as Job;
help(board, openKernel(program, arenas));
