/** @file Writes the main figures of a reproduction, as JSON and as tables for a terminal. */
import { type Interval, shareOf } from "@pickapic/evaluation";
import {
  type Claim,
  claimsOf,
  figureText,
  intervalText,
  measuredRows,
  missingFigures,
  type Reproduction,
  SCORERS,
} from "@pickapic/experiments/reproduce";
import { correlation, duration, percent, percentRange, points, range, thousands } from "@pickapic/report/figures";
import type { Output } from "../context.ts";
import { paint, table } from "../table.ts";

const PICKSCORE = SCORERS.indexOf("pickscore");

/** What --json prints. Ties, accuracies and `preferred` are shares, 0...1, or null if there are too few answers for one or the step was left out. */
export interface MainFigures {
  seed: number;
  seconds: number;
  ties: number | null;
  accuracy: Record<"random" | "colourSharpness" | "clipToy" | "experts" | "pickscore", number | null>;
  bestOf: { n: number; preferred: number | null; interval: Interval | null };
  claims: Pick<Claim, "says" | "paper" | "measured" | "unit" | "value" | "interval" | "verdict" | "reason" | "limit">[];
  /** Sentences that say which figures are null, and why. */
  reasons: string[];
}

/** Selects the main figures of a reproduction; `seconds` is rounded to tenths. */
export function mainFigures(made: Reproduction): MainFigures {
  const { settings, seconds, results } = made;
  const { dataset, accuracy } = results;
  const [colourSharpness, clipToy, pickscore] = (accuracy?.scorers ?? []).map((report) => report.accuracy);
  const preferred = ofPickscore(made)?.preferred;
  return {
    seed: settings.seed,
    seconds: Math.round(10 * seconds) / 10,
    ties: dataset ? shareOf(dataset.collected.ties, dataset.collected.rankings).value : null,
    accuracy: {
      random: accuracy?.random.accuracy ?? null,
      colourSharpness: colourSharpness ?? null,
      clipToy: clipToy ?? null,
      experts: accuracy?.experts.accuracy ?? null,
      pickscore: pickscore ?? null,
    },
    bestOf: { n: settings.best.n, preferred: preferred?.value ?? null, interval: preferred?.interval ?? null },
    claims: claimsOf(made).map(({ section: _section, ...claim }) => claim),
    reasons: missingFigures(made),
  };
}

/** How often authors prefer pickscore's best of a few images as the app draws them. */
const ofPickscore = ({ results }: Reproduction) =>
  results["best-of"]?.report.picks.find(({ picker }) => picker === "pickscore")?.against[0]?.people;

/** Returns the tables of a reproduction: of each step that was made. */
export function summaryText(output: Output, made: Reproduction): string {
  const { steps, seconds, results } = made;
  const times = steps.map(({ title, seconds: own }) => `${title} ${duration(own)}`).join(", ");
  const protocol = results.accuracy?.scorers[PICKSCORE]?.protocol;
  return [
    factsText(made),
    ...accuracyTables(output, made),
    ...modelTable(output, made),
    ...bestTable(output, made),
    claimTable(output, made),
    ...limitsText(made),
    ...missingFigures(made),
    ...(protocol === undefined ? [] : [paint(output, "dim", protocol)]),
    `\nTime: ${times}; ${duration(seconds)} in all.`,
  ].join("\n");
}

function factsText({ settings, results: { dataset } }: Reproduction): string {
  const title = `Simulated people and pictures, seed ${settings.seed}`;
  if (!dataset) return `${title}.\n`;
  const { rankings, ties, people, prompts, pictures } = dataset.collected;
  return (
    `${title}: ${thousands(rankings)} answers (${thousands(ties)} ties) of ${thousands(people)} people ` +
    `to ${thousands(prompts)} prompts, ${thousands(pictures)} pictures; train ${dataset.splits.train ?? 0}, test_unique ${dataset.splits.test_unique ?? 0}.\n`
  );
}

const right = (head: string) => ({ head, align: "right" }) as const;

function accuracyTables(output: Output, { results: { accuracy } }: Reproduction): string[] {
  if (!accuracy) return [];
  const rows = measuredRows(accuracy).map(({ name, share, interval, threshold, paper }) => [
    name,
    percent(share),
    interval ? percentRange(interval) : "",
    threshold === undefined ? "" : `${threshold}`,
    paper,
  ]);
  const differences = accuracy.differences.map(({ to, difference, interval }) => [
    `pickscore − ${to}`,
    points(difference),
    range(interval, points),
  ]);
  const heads = [
    { head: "predictor" },
    right("accuracy"),
    right("95 % interval"),
    right("threshold"),
    right("paper, real people, %"),
  ];
  return [
    table(output, heads, rows),
    table(output, [{ head: "in pairs" }, right("points"), right("95 % interval")], differences),
  ];
}

function modelTable(output: Output, { results: { models } }: Reproduction): string[] {
  if (!models) return [];
  const { people, judges } = models.report;
  const rows = people.models.ratings.map(({ player, rating, games }) => [
    player,
    `${games}`,
    rating.toFixed(0),
    ...judges.map((judge) => judge.models.ratings.find((rated) => rated.player === player)?.rating.toFixed(0) ?? ""),
  ]);
  rows.push(["Spearman, with guidance", "", "", ...judges.map((judge) => correlation(judge.spearman))]);
  return [
    table(output, [{ head: "generator" }, right("games"), right("people"), ...judges.map(({ judge }) => right(judge))], rows),
  ];
}

function bestTable(output: Output, { results, settings }: Reproduction): string[] {
  const best = results["best-of"];
  if (!best) return [];
  const rows = best.report.picks.flatMap(({ picker, against: [duel] }) =>
    duel
      ? [[picker, percent(duel.people.preferred.value), percentRange(duel.people.preferred.interval), `${duel.people.ties}`]]
      : [],
  );
  const heads = [
    { head: `best of ${settings.best.n} by` },
    right("preferred to random"),
    right("95 % interval"),
    right("ties (count half)"),
  ];
  return [table(output, heads, rows)];
}

/** What the toy world cannot show: a sentence for each reason, with the claims that it concerns. */
function limitsText(made: Reproduction): string[] {
  const byLimit = Map.groupBy(
    claimsOf(made).filter(({ limit }) => limit !== null),
    ({ limit }) => limit,
  );
  return [...byLimit].map(([limit, claims]) => `${claims.map(({ says }) => `“${says}”`).join(" and ")} ${limit}`);
}

function claimTable(output: Output, made: Reproduction): string {
  const rows = claimsOf(made).map(({ says, paper, unit, value, interval, verdict }) => [
    says,
    paper,
    figureText(unit, value),
    intervalText(unit, interval),
    verdict,
  ]);
  return table(
    output,
    [{ head: "the paper says" }, { head: "its figures" }, right("here"), right("95 % interval"), { head: "" }],
    rows,
  );
}
