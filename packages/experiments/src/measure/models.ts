/** @file Text-to-image models, rated by people and by judges on the same pairs (SPEC 6). */
import type { Random } from "@pickapic/chance";
import {
  type BradleyTerryRating,
  bradleyTerry,
  type Comparison,
  type EloRating,
  eloAgreement,
  type Label,
  predict,
  spearman,
} from "@pickapic/evaluation";
import type { JudgedPair, Shown } from "./pairs.ts";

/** Guidance scales are rated in bins with these inner edges: low, middle, high of the 3 ... 12 that are drawn. */
export const GUIDANCE_EDGES: readonly number[] = [6, 9];

/** Bradley-Terry ratings, strongest first. */
export interface Ratings {
  models: BradleyTerryRating[];
  /** Of model and guidance bin. */
  configurations: BradleyTerryRating[];
}

/** The ratings when a judge decides, and how they agree with those from people. */
export interface Agreement extends Ratings {
  judge: string;
  /** Spearman correlation of the Bradley-Terry ratings of the configurations with those from people. */
  spearman: number;
  /** The same with Elo, mean and deviation over shuffled orders, as in the paper. */
  elo: EloRating;
}

export interface ModelReport {
  rankings: number;
  people: Ratings;
  judges: Agreement[];
}

export interface ModelSettings {
  judges: readonly { name: string; threshold: number }[];
  edges: readonly number[];
  random: Random;
}

/** Rates models and configurations (model and guidance bin) from people's labels and from each judge's decisions. */
export function rateModels(pairs: readonly JudgedPair[], { judges, edges, random }: ModelSettings): ModelReport {
  const games = (decide: Decide, bins?: readonly number[]) => pairs.map((pair) => game(pair, decide(pair), bins));
  const rated = (decide: Decide): Ratings => ({
    models: bradleyTerry(games(decide), { random }),
    configurations: bradleyTerry(games(decide, edges), { random }),
  });
  const people: Decide = (pair) => pair.label;
  const byPeople = rated(people);
  const agreement = ({ name, threshold }: { name: string; threshold: number }, i: number): Agreement => {
    const decide: Decide = (pair) => predict(pair.probabilities[i]!, threshold);
    const byJudge = rated(decide);
    const elo = eloAgreement(games(people, edges), games(decide, edges), { random });
    return { judge: name, ...byJudge, spearman: ratingCorrelation(byPeople.configurations, byJudge.configurations), elo };
  };
  return { rankings: pairs.length, people: byPeople, judges: judges.map(agreement) };
}

type Decide = (pair: JudgedPair) => Label;

/** A game between the two generators of a pair; games of one prompt stand or fall together. */
function game({ image0, image1, caption }: JudgedPair, decision: Label, edges?: readonly number[]): Comparison {
  const outcome = decision === "tie" ? 0.5 : decision === 0 ? 1 : 0;
  return { a: configuration(image0, edges), b: configuration(image1, edges), outcome, cluster: caption };
}

/** "toy-xl" without edges, "toy-xl, guidance 6-9" with them. */
export function configuration({ model, guidanceScale }: Shown, edges?: readonly number[]): string {
  if (!edges || guidanceScale === null) return model;
  const bin = edges.filter((edge) => guidanceScale >= edge).length;
  const low = edges[bin - 1];
  const high = edges[bin];
  const range = low === undefined ? `under ${high}` : high === undefined ? `from ${low}` : `${low}-${high}`;
  return `${model}, guidance ${range}`;
}

/** Spearman correlation over the players that both have rated. */
function ratingCorrelation(first: readonly BradleyTerryRating[], second: readonly BradleyTerryRating[]): number {
  const other = new Map(second.map(({ player, rating }) => [player, rating]));
  const both = first.filter(({ player }) => other.has(player));
  return spearman(
    both.map(({ rating }) => rating),
    both.map(({ player }) => other.get(player)!),
  );
}

/** The model of a configuration's name. */
export function configurationModel(player: string): string {
  return player.split(",")[0] ?? player;
}
