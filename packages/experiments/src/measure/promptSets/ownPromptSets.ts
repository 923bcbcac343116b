/** @file Prompt sets whose images are files, with people's answers in a dataset: the paper's comparison of captions with users' prompts on one's own data. */
import { OWN_SPLITS, openDataset } from "@pickapic/dataset";
import { itemAt } from "@pickapic/errors";
import { bradleyTerry } from "@pickapic/evaluation";
import { closeScorers, type NamedScorerOptions, openNamedScorers } from "@pickapic/pickscore/scorers";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { ExperimentError } from "../../errors.ts";
import { openFeatures } from "../distances/features.ts";
import { outcomeOf } from "../models.ts";
import { labelOf } from "../pairs.ts";
import { type ChosenThresholds, thresholdsFrom } from "../scorers.ts";
import type { PromptSetEffects } from "./promptSet.ts";
import { measurePromptSets, type PromptSetReport } from "./promptSets.ts";

/** A set of prompts with the image files of every configuration. */
export interface OwnPromptSet {
  readonly name: string;
  readonly prompts: readonly string[];
  /** [prompts][configurations] */
  readonly images: readonly (readonly string[])[];
}

/** What the sets are measured with. */
export interface OwnPromptSetSettings extends NamedScorerOptions {
  readonly configurations: readonly string[];
  readonly scorers: readonly string[];
  /** A dataset folder with people's answers about models of these names; null: only the scorers are compared. */
  readonly people: string | null;
  /** Real images and the model whose features are used; null leaves the Fréchet distance out. */
  readonly real: { readonly files: readonly string[]; readonly features: string } | null;
  readonly pixels: PixelPolicy;
  readonly seed: number;
  readonly threads: number;
  /** Draws of prompts for the intervals. */
  readonly draws: number;
  /** Share of the prompts of a set, and of the rankings that choose thresholds, that may be left out for want of a score, 0...1; default 0.05. */
  readonly mostFailed?: number | undefined;
}

/** What was measured, and what had to be left out where thresholds were chosen. */
export interface OwnPromptSetReport extends PromptSetReport {
  /** Of people's rankings; null when the sets are compared without people. */
  readonly thresholds: ChosenThresholds | null;
}

/**
 * Measures the sets with every scorer. With people's answers, each scorer has its threshold for ties from validation_unique; without, only equal scores tie.
 * @throws ExperimentError PICKAPIC_CLI_NOT_RATED for a configuration of which the dataset has no answer; PICKAPIC_CLI_SCORES_MISSING when too many images have no score
 */
export async function measureOwnPromptSets(
  sets: readonly OwnPromptSet[],
  settings: OwnPromptSetSettings,
  effects: PromptSetEffects,
): Promise<OwnPromptSetReport> {
  const { configurations, people, real, seed, draws, mostFailed } = settings;
  const truth = people === null ? null : await ratingsIn(people, configurations);
  const scorers = await openNamedScorers(settings.scorers, settings);
  const reader = real && (await openFeatures({ ...settings, features: real.features }));
  try {
    const chosen = people === null ? null : await thresholdsFrom(people, scorers, { ...effects, mostFailed });
    const judges = settings.scorers.map((name, i) => ({
      name,
      scorer: itemAt(scorers, i),
      threshold: chosen?.thresholds[i] ?? 0,
    }));
    const report = await measurePromptSets(
      sets.map(({ name, prompts, images }) => ({ name, prompts, images: async (i) => itemAt(images, i), people: null })),
      // A distance of wide features takes seconds, so that none is computed for draws.
      {
        configurations,
        judges,
        truth,
        real: reader && { reader, images: real.files, intervals: false },
        seed,
        draws,
        mostFailed,
      },
      effects,
    );
    return { ...report, thresholds: chosen };
  } finally {
    await reader?.close();
    await closeScorers(scorers);
  }
}

/** People's Bradley-Terry ratings of the configurations, from every answer of a dataset. */
async function ratingsIn(folder: string, configurations: readonly string[]): Promise<number[]> {
  const dataset = await openDataset(folder);
  const columns = ["model_0", "model_1", "label_0", "user_id", "caption"] as const;
  const games = [];
  for (const split of OWN_SPLITS)
    if (dataset.splits.includes(split))
      for await (const row of dataset.read(split, { columns })) {
        const outcome = outcomeOf(labelOf(row.label_0));
        games.push({ a: row.model_0, b: row.model_1, outcome, person: `${row.user_id}`, prompt: row.caption });
      }
  const { ratings } = bradleyTerry(games);
  return configurations.map((name) => {
    const rated = ratings.find(({ player }) => player === name);
    if (rated) return rated.rating;
    throw new ExperimentError("PICKAPIC_CLI_NOT_RATED", name, folder, ratings.map(({ player }) => player).join(", ") || "none");
  });
}
