/** @file What one case of the coverage of intervals is: a statistic in a world whose truth is known. */
import type { Random } from "@pickapic/chance";

/** One interval of a simulation, and what it should hold. */
export interface Trial {
  /** What it is an interval of; the coverage is told for each name. */
  of: string;
  low: number | null;
  high: number | null;
  truth: number;
}

/** A statistic in a world. */
export interface CoverageCase {
  name: string;
  /** Where it is printed. */
  printed: string;
  /** How the interval is made, in a few words. */
  method: string;
  /**
   * Computes the truth, and returns what one simulation gives.
   * @param effort of the worlds that a simulated truth is computed from, the share that is used, 0...1
   */
  prepare(effort: number): Simulate | Promise<Simulate>;
}

/** One simulation. */
export type Simulate = (random: Random) => readonly Trial[] | Promise<readonly Trial[]>;
