/** @file Writes the statistics of a dataset, as JSON and as tables for a terminal. Shares are formed only here, and only from enough rows. */

import type { ModelStatistics, SplitStatistics, Statistics } from "@pickapic/dataset";
import { type Estimate, shareOf } from "@pickapic/evaluation";
import { percent } from "@pickapic/report/figures";
import type { Context } from "./context.ts";
import { table } from "./table.ts";

/** The share of ties. */
export const tieShare = ({ ties, rankings }: SplitStatistics): Estimate => shareOf(ties, rankings, { unit: "rankings" });
/** How often the images of a model were preferred to those of other models, ties counted half. */
export const winRate = ({ wins, ties, games }: ModelStatistics): Estimate => shareOf(wins + ties / 2, games, { unit: "games" });
const preferredShare = ({ wins, games }: Statistics["left"], unit: string): Estimate => shareOf(wins, games, { unit });
/** How often the left image was preferred. */
export const leftWins = ({ left }: Statistics): Estimate => preferredShare(left, "rankings with a winner and a recorded side");
/** How often a kept image was preferred again. */
export const keptWins = ({ kept }: Statistics): Estimate => preferredShare(kept, "rankings with a winner and a kept image");

/**
 * Returns what --json prints: the counts, with the shares 0...1 that they give. A share is null where there are too few rows, and `reasons` says which
 * and why.
 */
export function statisticsFigures(counted: Statistics): object {
  const splits = Object.entries(counted.splits).map(([name, of]) => [name, { ...of, tieShare: tieShare(of).value }]);
  const shares = [
    ["ties", tieShare(counted)],
    ["left image preferred", leftWins(counted)],
    ["kept image preferred again", keptWins(counted)],
    ...Object.entries(counted.splits).map(([name, of]) => [`ties of ${name}`, tieShare(of)] as const),
    ...counted.models.map((model) => [`win rate of ${model.model}`, winRate(model)] as const),
  ] as const;
  return {
    ...counted,
    tieShare: tieShare(counted).value,
    leftWins: leftWins(counted).value,
    keptWins: keptWins(counted).value,
    splits: Object.fromEntries(splits),
    models: counted.models.map((model) => ({ ...model, winRate: winRate(model).value })),
    reasons: shares.flatMap(([what, { reason }]) => (reason === null ? [] : [`${what}: ${reason}`])),
  };
}

/** Returns three tables: the splits, the models, and single facts. */
export function statisticsText(context: Context, counted: Statistics): string {
  const right = (head: string) => ({ head, align: "right" }) as const;
  const counts = ["rankings", "ties", "prompts", "people", "images"].map(right);
  const line = (name: string, of: SplitStatistics) => [name, of.rankings, of.ties, of.prompts, of.users, of.images].map(String);
  const splits = Object.entries(counted.splits).map(([name, of]) => line(name, of));
  const models = counted.models.map((each) => [each.model, `${each.shown}`, `${each.games}`, sharePhrase(winRate(each))]);
  const { rankingsPerPrompt, rankingsPerUser, answerMs } = counted;
  const facts = [
    ["ties", sharePhrase(tieShare(counted))],
    ["answered by simulated people", `${counted.simulated}`],
    ["first and last", counted.first === null ? NOTHING : `${counted.first} … ${counted.last}`],
    ["rankings per prompt, median", `${rankingsPerPrompt.median}`],
    ["rankings per person, median", `${rankingsPerUser.median}`],
    ["answer time, median", Number.isNaN(answerMs.median) ? NOTHING : `${(answerMs.median / 1000).toFixed(1)} s`],
    ["left image preferred", sharePhrase(leftWins(counted))],
    ["kept image preferred again", sharePhrase(keptWins(counted))],
  ];
  return [
    table(context.stdout, [{ head: "split" }, ...counts], [...splits, line("all, each once", counted)]),
    table(context.stdout, [{ head: "model" }, right("shown"), right("games"), right("win rate")], models),
    table(context.stdout, [{ head: counted.folder }, right("")], facts),
  ].join("\n");
}

/** Written for a figure that the dataset does not contain. */
const NOTHING = "not recorded";

/** Writes a share in per cent, or says why it cannot be given. */
export const sharePhrase = ({ value, examples, reason }: Estimate): string =>
  examples === 0 ? NOTHING : (reason ?? percent(value));
