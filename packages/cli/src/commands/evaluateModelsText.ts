/** @file The tables of `pickapic evaluate models` beside the ratings: agreement with intervals, ties, covariates, Elo, checks. */
import { agreementIntervalName } from "@pickapic/evaluation";
import type { ModelReport } from "@pickapic/experiments/measure";
import { correlation, percent, percentRange, range } from "@pickapic/report/figures";
import type { Output } from "../context.ts";
import { type Column, table } from "../table.ts";

const right = (head: string): Column => ({ head, align: "right" });

/** Returns the tables and sentences, in the order in which they are printed. */
export function moreAboutModels(output: Output, report: ModelReport): string[] {
  return [
    ...winRateText(output, report),
    ...agreementText(output, report),
    ...tiesText(output, report),
    ...adjustedText(output, report),
    ...checksText(output, report),
  ];
}

/** Models in the columns of the matrix on a terminal; the page and the JSON have all of them. */
const MOST_COLUMNS = 8;

function winRateText(output: Output, { winRates: { players, rates } }: ModelReport): string[] {
  if (players.length < 2) return [];
  const shown = players.slice(0, MOST_COLUMNS);
  const rows = players.map((player, row) => [player, ...shown.map((_, column) => percent(rates[row]?.[column]?.value ?? null))]);
  const isDashed = rates.some((row) => row.some((rate) => rate !== null && rate.value === null));
  const dash = isDashed ? ["A dash: too few answers about the two models for a share.\n"] : [];
  const more =
    players.length > MOST_COLUMNS ? [`The matrix of all ${players.length} models is in the page (--format html).\n`] : [];
  return [table(output, [{ head: "preferred to" }, ...shown.map(right)], rows), ...dash, ...more];
}

interface Ends {
  value: number | null;
  low: number | null;
  high: number | null;
}

const interval = ({ low, high }: Pick<Ends, "low" | "high">): [number, number] | null =>
  low === null || high === null ? null : [low, high];

function agreementText(output: Output, { judges, people: { configurations } }: ModelReport): string[] {
  if (judges.length === 0) return [];
  const shown = (each: Ends) => withRange(correlation(each.value), range(interval(each), correlation));
  const rows = judges.map(({ judge, agreement: { spearman, kendall, pairs } }) => [
    judge,
    shown(spearman),
    shown(kendall),
    withRange(percent(pairs.value), percentRange(interval(pairs))),
    spearman.reason ?? "",
  ]);
  const heads = [
    { head: `agreement, ${agreementIntervalName(configurations.ratings.length)}` },
    ...["Spearman", "Kendall", "pairs ordered alike"].map(right),
    { head: "" },
  ];
  return [table(output, heads, rows)];
}

function tiesText(output: Output, { ties, elo }: ModelReport): string[] {
  const rows = elo.map(({ player, mean, deviation, low, high }) => {
    const other = ties.ratings.find((each) => each.player === player);
    return [
      player,
      `${mean.toFixed(0)} ± ${deviation.toFixed(0)}`,
      range(interval({ low, high }), whole),
      other ? withRange(whole(other.rating), range(interval(other), whole)) : "",
    ];
  });
  if (elo.length === 0) return [];
  const among =
    ties.ties.value === null
      ? `The probability of a tie between equally good models cannot be given. ${ties.ties.reason}\n`
      : `A tie between equally good models has a probability of ${percent(ties.ties.value)} (${percentRange(interval(ties.ties))}; Davidson's model).\n`;
  return [
    table(
      output,
      [{ head: "other ratings" }, right("Elo, over orders"), right("95 % interval"), right("Davidson, 95 % interval")],
      rows,
    ),
    among,
  ];
}

const whole = (value: number): string => signed(value.toFixed(0));

/** With a real minus sign, as everywhere else in the tables. */
const signed = (number: string): string => number.replace("-", "−");

/** A number with its interval; only the number where there is no interval, which another column explains. */
const withRange = (shown: string, interval: string): string => (interval === "–" ? shown : `${shown} (${interval})`);

function adjustedText(output: Output, { adjusted }: ModelReport): string[] {
  if (adjusted.reason !== null) return [`No ratings adjusted for covariates: ${adjusted.reason}\n`];
  const points = adjusted.ratings.map((row) => [row.player, whole(row.rating), range(interval(row), whole)]);
  const scale = 400 / Math.LN10;
  const coefficients = adjusted.coefficients.map((each) => [
    each.name,
    each.points === null ? "–" : signed(each.points.toFixed(1)),
    range(interval(each), (value) => signed((scale * value).toFixed(1))),
    each.reason ?? "",
  ]);
  return [
    table(output, [{ head: "guidance, side and kept image alike" }, right("rating"), right("95 % interval")], points),
    table(output, [{ head: "what they are worth" }, right("points"), right("95 % interval"), { head: "" }], coefficients),
  ];
}

function checksText(output: Output, { checks }: ModelReport): string[] {
  if (checks === null) return [];
  if (checks.reason !== null) return [`${checks.reason}\n`];
  const fewest = (what: string, { fewest: n, of, newFirst, reason }: typeof checks.answers) =>
    n === null
      ? `${what}: ${reason}.`
      : `Without ${n} of ${of} ${what} ${newFirst} is first instead of ${checks.first} (at most: fewer may do).`;
  const people = checks.withoutPerson.map((each, i) => [
    `${i + 1}`,
    `${each.answers}`,
    `${each.player} by ${each.largestChange.toFixed(1)}`,
    `${each.ranksChanged}`,
    each.first,
  ]);
  const clones = checks.clones.map(({ player, largestChange, swapped, gain, first }) => [
    player,
    gain.toFixed(1),
    percent(first),
    largestChange.toFixed(1),
    swapped.map(([high, low]) => `${low} above ${high}`).join(", ") || "none",
  ]);
  const personHeads = [
    { head: "without one person" },
    right("answers"),
    right("largest change"),
    right("ranks changed"),
    { head: "first" },
  ];
  return [
    `${fewest("answers", checks.answers)}\n${fewest("people", checks.people)}\n`,
    ...(people.length === 0 ? [] : [table(output, personHeads, people)]),
    table(
      output,
      [
        { head: "with a clone of" },
        right("the better one gains"),
        right("one is first"),
        right("others change by"),
        { head: "others that change order" },
      ],
      clones,
    ),
  ];
}
