/** @file Every interval that the product prints, with a world in which its truth is known: how often it holds is its coverage. */
import { seededRandom } from "@pickapic/chance";
import type { CoverageCase, Simulate } from "./case.ts";
import { exampleCases } from "./exampleCases.ts";
import { featureCases } from "./featureCases.ts";
import { orderCases } from "./orderCases.ts";
import { ratingCases } from "./ratingCases.ts";

/** All cases, in the order of the table in docs/mathematics.md. */
export const COVERAGE_CASES: readonly CoverageCase[] = [...exampleCases, ...ratingCases, ...orderCases, ...featureCases];

/** How often the intervals of one name held the truth. */
export interface Held {
  held: number;
  intervals: number;
}

/** Simulates and counts by name. A missing interval is not counted. @param seed of the first simulation */
export async function countHeld(simulate: Simulate, simulations: number, seed: number): Promise<Map<string, Held>> {
  const counts = new Map<string, Held>();
  for (let i = 0; i < simulations; i++) {
    for (const { of, low, high, truth } of await simulate(seededRandom(seed + i))) {
      const count = counts.get(of) ?? { held: 0, intervals: 0 };
      counts.set(of, count);
      if (low === null || high === null) continue;
      count.intervals++;
      // Rounding may put an interval of equal values a hair beside them.
      if (low <= truth + 1e-9 && truth - 1e-9 <= high) count.held++;
    }
  }
  return counts;
}
