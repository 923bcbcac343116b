/** @file The accuracy of a scorer within categories of examples, such as pairs of models or lengths of prompts. */
import type { Random } from "@pickapic/chance";
import type { AccuracyReport } from "./accuracy.ts";
import { type Estimate, meanOf } from "./estimate.ts";

/** The accuracy within one category. */
export interface CategoryAccuracy extends Estimate {
  readonly category: string;
}

/**
 * Splits the test examples of a report by category. The threshold for ties stays that of the whole, because a threshold of its own
 * would make each category look better than it is. With many categories some intervals miss the truth by chance: one in twenty.
 * @param categories the category of each test example, in the order of `report.scores`
 * @param order the categories to return, in this order; one without examples is returned with a reason
 */
export function accuracyByCategory(
  { scores, clusters }: Pick<AccuracyReport, "scores" | "clusters">,
  categories: readonly string[],
  order: readonly string[],
  random: Random,
): CategoryAccuracy[] {
  if (categories.length !== scores.length)
    throw new RangeError(`accuracyByCategory: each example needs a category; got ${scores.length} and ${categories.length}`);
  return order.map((category) => {
    const of = <T>(values: readonly T[]) => values.filter((_, i) => categories[i] === category);
    const own = of(scores);
    return { category, ...(own.length === 0 ? NONE : meanOf(own, random, { clusters: clusters && of(clusters) })) };
  });
}

const NONE: Estimate = { value: null, interval: null, examples: 0, reason: "no examples" };
