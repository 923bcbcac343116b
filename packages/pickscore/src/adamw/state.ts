/** @file What AdamW is told and what it changes. */
import type { Arena } from "./arena.ts";

export interface AdamWSettings {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** L2 norm over all gradients; 0: no clipping */
  clipNorm: number;
  /** 0: as many as the machine has processors */
  threads: number;
  /** Whether graphs wait awake for their next op. */
  spin: boolean;
}

/** What AdamW changes, all of the same shapes. */
export interface AdamWState {
  readonly parameters: Arena;
  /** Running mean of the gradients. */
  readonly expAvg: Arena;
  /** Running mean of their squares. */
  readonly expAvgSq: Arena;
}
