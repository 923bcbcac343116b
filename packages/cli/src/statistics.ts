/** @file Writes the statistics of a dataset as tables for a terminal. */

import type { SplitStatistics, Statistics } from "@pickapic/dataset";
import { tooFew } from "@pickapic/evaluation";
import { percent } from "@pickapic/report/figures";
import type { Context } from "./context.ts";
import { table } from "./table.ts";

/** Returns three tables: the splits, the models, and single facts. */
export function statisticsText(context: Context, counted: Statistics): string {
  const right = (head: string) => ({ head, align: "right" }) as const;
  const counts = ["rankings", "ties", "prompts", "people", "images"].map(right);
  const line = (name: string, of: SplitStatistics) => [name, of.rankings, of.ties, of.prompts, of.users, of.images].map(String);
  const splits = Object.entries(counted.splits).map(([name, of]) => line(name, of));
  const models = counted.models.map(({ model, shown, games, winRate }) => [
    model,
    `${shown}`,
    `${games}`,
    percentage(winRate, games, "games"),
  ]);
  const { rankingsPerPrompt, rankingsPerUser, answerMs } = counted;
  const facts = [
    ["ties", percentage(counted.tieShare, counted.rankings)],
    ["answered by simulated people", `${counted.simulated}`],
    ["first and last", counted.first === null ? NOTHING : `${counted.first} … ${counted.last}`],
    ["rankings per prompt, median", `${rankingsPerPrompt.median}`],
    ["rankings per person, median", `${rankingsPerUser.median}`],
    ["answer time, median", Number.isNaN(answerMs.median) ? NOTHING : `${(answerMs.median / 1000).toFixed(1)} s`],
    ["left image preferred", percentage(counted.leftWins, counted.rankings)],
    ["kept image preferred again", percentage(counted.keptWins, counted.rankings)],
  ];
  return [
    table(context.stdout, [{ head: "split" }, ...counts], [...splits, line("all, each once", counted)]),
    table(context.stdout, [{ head: "model" }, right("shown"), right("games"), right("win rate")], models),
    table(context.stdout, [{ head: counted.folder }, right("")], facts),
  ].join("\n");
}

/** Written for a figure that the dataset does not contain. */
const NOTHING = "not recorded";

/** Writes a share, 0...1, in per cent, or says why it cannot be given. */
function percentage(share: number, count: number, unit = "rankings"): string {
  if (Number.isNaN(share)) return NOTHING;
  return tooFew(count, unit) ?? percent(share);
}
