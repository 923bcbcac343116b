/** @file The settings of AdamW, and the arrays that it changes. */
import type { AdamWCoefficients } from "../settings/adamWSettings.ts";
import type { Arena } from "./arena.ts";

/** The settings of AdamW and of the threads that compute it. The coefficients are those of torch.optim.AdamW. */
export interface AdamWSettings extends AdamWCoefficients {
  /** Threads of an update; 0: as many as the machine has processors. */
  threads: number;
  /** Whether the threads of a graph wait for their next operation without sleeping: faster on an idle machine. */
  spin: boolean;
}

/** The arrays that AdamW changes. All have the same names and shapes. */
export interface AdamWState {
  readonly parameters: Arena;
  /** Running mean of the gradients. */
  readonly expAvg: Arena;
  /** Running mean of their squares. */
  readonly expAvgSq: Arena;
}
