/** @file Section 6 of the paper with the users' own answers: generators at ranges of guidance, rated by people and by scorers from the same pairs. */
import { randomFor } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { predict } from "@pickapic/evaluation";
import { GUIDANCE_RANGE } from "@pickapic/generation";
import { toyBackend } from "@pickapic/toyworld";
import { type Decide, type GuidanceEdges, gameOf, rateModels } from "../../measure/models.ts";
import type { JudgedPair } from "../../measure/pairs.ts";
import { restored } from "./data.ts";
import { eloLead } from "./eloLead.ts";
import { type ModelFacts, SCORERS, type StepContext } from "./step.ts";

/**
 * Divides the guidance of each model into equally wide ranges, so that there are `configurations` in all: where they cannot be divided evenly, the first
 * models have one more.
 */
export function guidanceEdges(models: readonly string[], configurations: number): (model: string) => number[] {
  const [low, high] = GUIDANCE_RANGE;
  const even = Math.floor(configurations / models.length);
  return (model) => {
    const ranges = even + (models.indexOf(model) < configurations % models.length ? 1 : 0);
    return Array.from({ length: ranges - 1 }, (_, i) => low + ((high - low) * (i + 1)) / ranges);
  };
}

/** Rates the generators, and the generators at each range of guidance. */
export async function rateGenerators({ settings, result }: StepContext): Promise<ModelFacts> {
  const pairs = result("judging").test.map(restored);
  const edges = guidanceEdges(
    toyBackend().models.map(({ name }) => name),
    settings.configurations,
  );
  const { scorers } = result("accuracy");
  const judges = SCORERS.map((name, i) => ({ name, threshold: itemAt(scorers, i).threshold }));
  const report = rateModels(pairs, { judges, edges, random: randomFor("bootstrap", settings.seed) });
  return {
    report,
    configurations: report.people.configurations.ratings.length,
    lead: report.judges.some(({ elo }) => elo === null) ? null : leadOf(pairs, judges, edges, settings.seed),
  };
}

/** How much better pickscore's Elo ratings agree with people's than those of clip-toy. */
function leadOf(
  pairs: readonly JudgedPair[],
  judges: readonly { name: string; threshold: number }[],
  edges: GuidanceEdges,
  seed: number,
): ModelFacts["lead"] {
  const gamesBy = (decide: Decide) => pairs.map((pair) => gameOf(pair, decide(pair), edges));
  const by = (name: (typeof SCORERS)[number]) => {
    const i = SCORERS.indexOf(name);
    return gamesBy((pair) => predict(itemAt(pair.probabilities, i), itemAt(judges, i).threshold));
  };
  const decided = { people: gamesBy(({ label }) => label), ours: by("pickscore"), other: by("clip-toy") };
  return eloLead(decided, randomFor("lead", seed));
}
