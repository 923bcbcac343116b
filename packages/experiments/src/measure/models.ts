/** @file Ratings of text-to-image models by people and by judges on the same pairs (section 6 of the paper). */

import type { Random } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import {
  type AdjustedRatings,
  adjustedRatings,
  bradleyTerry,
  checkRatings,
  type DavidsonRatings,
  davidson,
  type EloPlayer,
  type EloRating,
  type EloSettings,
  eloAgreement,
  eloRatings,
  type GameCount,
  gamesOf,
  type Label,
  predict,
  type RatingAgreement,
  type RatingChecks,
  type Ratings,
  ratingAgreement,
  type WinRates,
  winRates,
} from "@pickapic/evaluation";
import { drawWeights, weightingSentence } from "./drawWeights.ts";
import type { JudgedPair, Shown } from "./pairs.ts";

/** Inner edges of the guidance bins: low, middle and high of the range 3...12 that is drawn. */
export const GUIDANCE_EDGES: readonly number[] = [6, 9];

/** Inner edges of the guidance bins, rising: the same for all models, or those of each model. */
export type GuidanceEdges = readonly number[] | ((model: string) => readonly number[]);

/** Bradley-Terry ratings by one judge, or by people. */
export interface RatedBy {
  models: Ratings;
  /** A configuration is a model with a guidance bin. */
  configurations: Ratings;
}

/** The ratings by a judge, and how they agree with those by people. */
export interface Agreement extends RatedBy {
  judge: string;
  /** Spearman correlation of the Bradley-Terry ratings of the configurations with those by people; null when there is none. */
  spearman: number | null;
  /** The same with Elo ratings, mean and deviation over shuffled orders, as in the paper; null when there is none. */
  elo: EloRating | null;
  /** Why there is no correlation, as a phrase; null when there is one. */
  reason: string | null;
  /** Agreement about the configurations, with intervals from draws of people and prompts. */
  agreement: RatingAgreement;
}

/** How many answers count when answers are weighted by the probability of their draw. */
export interface DrawWeighting {
  /** Answers that are left out, because their draw probability is not recorded. */
  leftOut: number;
  /** The effective number of answers: so many answers with equal weights would give estimates of the same variance. */
  effective: number;
  /** Sentences to print beside the ratings: both numbers, and which figures are not weighted. */
  sentence: string;
}

/** Ratings of the text-to-image models by people and by each judge, all from the same rankings. */
export interface ModelReport {
  /** Rankings that are counted. */
  rankings: number;
  /** How rankings were weighted by the probability with which they were drawn; null when all count alike. */
  weighted: DrawWeighting | null;
  people: RatedBy;
  judges: Agreement[];
  /** People's ratings of the models by Davidson's model, which gives ties a probability of their own. */
  ties: DavidsonRatings;
  /** People's ratings of the models with guidance, slot and kept image alike. */
  adjusted: AdjustedRatings;
  /** How often people prefer each model to each other one, the strongest first. */
  winRates: WinRates;
  /** Elo ratings of the models by people, over shuffled orders. */
  elo: EloPlayer[];
  /** Which answers and people the ratings of the models depend on; null unless asked for. */
  checks: RatingChecks | null;
}

/** A sentence in place of the ratings of configurations when each model has one configuration, so that they would repeat the ratings of models; else null. */
export function insteadOfConfigurations({ models, configurations }: RatedBy): string | null {
  const players = new Set(models.ratings.map(({ player }) => player));
  const isSame =
    configurations.ratings.length === players.size && configurations.ratings.every(({ player }) => players.has(player));
  return isSame && players.size > 0 ? "No guidance is recorded, so that each model is one configuration." : null;
}

/**
 * The judges in the order of `JudgedPair.probabilities`, each with its threshold for ties, 0...1; inner edges of the guidance
 * bins; and the random numbers that shuffle the games of the Elo ratings.
 */
export interface ModelSettings {
  judges: readonly { name: string; threshold: number }[];
  edges: GuidanceEdges;
  random: Random;
  /** Constants of Elo that differ from its defaults. */
  elo?: Omit<EloSettings, "random">;
  /** Whether `checks` are made. */
  checks?: boolean;
  /**
   * Whether answers are weighted so that all models count as if they were equally likely to be drawn. Elo, which hangs on the order of whole
   * games, and the checks, which count whole answers, are never weighted.
   */
  drawWeights?: boolean;
}

/** Rates models and configurations from people's labels, and from each judge's decisions. */
export function rateModels(
  all: readonly JudgedPair[],
  { judges, edges, random, elo: constants, checks = false, drawWeights: weigh = false }: ModelSettings,
): ModelReport {
  const weighted = weigh ? drawWeights(all) : null;
  const pairs = weighted?.pairs ?? all;
  const games = (decide: Decide, bins?: GuidanceEdges) =>
    pairs.map((pair, i) => ({ ...gameOf(pair, decide(pair), bins), weight: weighted?.weights[i] }));
  const rated = (decide: Decide): RatedBy => ({
    models: bradleyTerry(games(decide)),
    configurations: bradleyTerry(games(decide, edges), { what: "configurations" }),
  });
  const people: Decide = (pair) => pair.label;
  const byPeople = rated(people);
  const agreement = ({ name, threshold }: { name: string; threshold: number }, i: number): Agreement => {
    const decide: Decide = (pair) => predict(itemAt(pair.probabilities, i), threshold);
    const byJudge = rated(decide);
    const elo = () => eloAgreement(games(people, edges), games(decide, edges), { ...constants, random });
    const agreement = ratingAgreement(games(people, edges), games(decide, edges), { random, what: "configurations" });
    return { judge: name, ...byJudge, ...correlationOf(agreement, elo), agreement };
  };
  const byModel = games(people);
  return {
    rankings: pairs.length,
    weighted: weighted && {
      leftOut: weighted.leftOut,
      effective: weighted.effective,
      sentence: weightingSentence(weighted),
    },
    people: byPeople,
    judges: judges.map(agreement),
    ties: davidson(byModel),
    adjusted: adjusted(pairs, byModel),
    winRates: winRates(
      byModel,
      byPeople.models.ratings.map(({ player }) => player),
    ),
    elo: eloRatings(byModel, { ...constants, random }),
    checks: checks ? checkRatings(byModel) : null,
  };
}

/** People's ratings with the guidance, the slot and the kept image of both images alike. */
function adjusted(pairs: readonly JudgedPair[], games: readonly GameCount[]): AdjustedRatings {
  const different = pairs.filter((_, i) => games[i]?.a !== games[i]?.b);
  const covariate = (name: string, difference: (pair: JudgedPair) => number) => ({
    name,
    difference: Float64Array.from(different, difference),
  });
  return adjustedRatings(gamesOf(games), [
    covariate("guidance, per unit", ({ image0, image1 }) =>
      image0.guidanceScale === null || image1.guidanceScale === null ? 0 : image0.guidanceScale - image1.guidanceScale,
    ),
    covariate("shown on the left", ({ slot0 }) => (slot0 ? (slot0 === "left" ? 1 : -1) / 2 : 0)),
    covariate("kept from the previous answer", ({ kept }) => (kept === 0 ? 1 : kept === 1 ? -1 : 0)),
  ]);
}

/** How a judge decides a pair. */
export type Decide = (pair: JudgedPair) => Label;

/** A game between the two models of a pair, or between their configurations when there are inner edges of guidance. */
export function gameOf({ image0, image1, caption, person }: JudgedPair, decision: Label, edges?: GuidanceEdges): GameCount {
  const outcome = outcomeOf(decision);
  return { a: configuration(image0, edges), b: configuration(image1, edges), outcome, person, prompt: caption };
}

/** What a decision means for image 0: 1 won, 0.5 tied, 0 lost. */
export const outcomeOf = (decision: Label): GameCount["outcome"] => (decision === "tie" ? 0.5 : decision === 0 ? 1 : 0);

/** "toy-xl" without edges, "toy-xl, guidance 6-9" with them. */
export function configuration({ model, guidanceScale }: Shown, bins?: GuidanceEdges): string {
  if (!bins || guidanceScale === null) return model;
  const edges = typeof bins === "function" ? bins(model) : bins;
  const bin = edges.filter((edge) => guidanceScale >= edge).length;
  const low = edges[bin - 1];
  const high = edges[bin];
  const range = low === undefined ? `under ${high}` : high === undefined ? `from ${low}` : `${low}-${high}`;
  return `${model}, guidance ${range}`;
}

/** The correlations of the ratings, or why there are none: wherever no agreement can be measured, Elo's has no meaning either. */
function correlationOf({ spearman }: RatingAgreement, elo: () => EloRating): Pick<Agreement, "spearman" | "elo" | "reason"> {
  if (spearman.value === null) return { spearman: null, elo: null, reason: spearman.reason };
  return { spearman: spearman.value, elo: elo(), reason: null };
}

/** Returns the model of a configuration's name. */
export function configurationModel(player: string): string {
  return player.split(",")[0] ?? player;
}
