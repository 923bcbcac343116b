/** @file The report on text-to-image models as one HTML page. */
import { agreementIntervalName, type BradleyTerryRating, type WinRate, type WinRates } from "@pickapic/evaluation";
import { page, ratingPlot } from "@pickapic/report";
import { correlation, percent, percentRange, range, rankRange, ratingRange, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import { insteadOfConfigurations, type RatedBy } from "./models.ts";
import type { MeasuredModels } from "./scorers.ts";

/** Returns the report as a page that loads nothing. */
export function modelsPage(report: MeasuredModels, dataset: string): string {
  const { people, winRates, judges } = report;
  const same = insteadOfConfigurations(people);
  const sections = [
    headSection(report, dataset),
    ratingSection("Models", people.models, report),
    ...(winRates.players.length > 1 ? [winRateSection(winRates)] : []),
    same === null ? ratingSection("Models and guidance", people.configurations, report) : html`<p class="note">${same}</p>`,
    ...(judges.length > 0 ? [agreementSection(report)] : []),
    ...(people.models.reason === null ? [adjustedSection(report)] : []),
    ...(report.checks ? [checkSection(report.checks)] : []),
    html`<h2>How these figures are made</h2><p>${(people.models.reason === null ? people.models : people.configurations).method}</p><p class="soft">Win rates: of the answers about the two models alone, a tie as half; intervals are crossed over people and prompts. Elo: mean over shuffled orders; its interval is for other people and prompts.</p>`,
  ];
  return page(`Models of ${dataset}`, sections);
}

function headSection({ rankings, weighted, people, leftOut, failures, notes: own }: MeasuredModels, dataset: string): Html {
  const notes = [...new Set([...people.models.remarks, ...people.configurations.remarks, ...own])];
  const lost = leftOut.rated + leftOut.validation;
  return html`<h1>Text-to-image models, rated by people</h1>
<p>${thousands(rankings)} rankings of ${dataset}.</p>
${notes.map((note) => html`<p class="note">${note}</p>`)}
${weighted === null ? "" : html`<p class="note">${weighted.sentence}</p>`}
${lost === 0 ? "" : html`<p class="note">${lost} rankings were left out, because an image in them has no score: ${failures.map(({ scorer, images }) => `${scorer} failed on ${images}`).join(", ")}.</p>`}`;
}

function ratingSection(title: string, rated: RatedBy["models"], { judges, elo, ties }: MeasuredModels): Html {
  if (rated.reason !== null) return html`<h2>${title}</h2><p class="note">${rated.reason}</p>`;
  const kind = title === "Models" ? "models" : "configurations";
  const heads = kind === "models" ? html`<th>Elo</th><th>95 % interval</th><th>Davidson</th>` : "";
  return html`<h2>${title}</h2>
<div class="scroll"><table><tr><th>${kind === "models" ? "model" : "model and guidance"}</th><th>rating</th><th>95 % interval</th><th>rank</th><th>answers</th>${heads}${judges.map(({ judge }) => html`<th>${judge}</th>`)}</tr>
${rated.ratings.map((row) => {
  const own = elo.find(({ player }) => player === row.player);
  const other = ties.ratings.find(({ player }) => player === row.player);
  const more =
    kind === "models"
      ? html`<td>${own ? own.mean.toFixed(0) : "–"}</td><td>${own ? ratingRange(own) : "–"}</td><td>${other ? other.rating.toFixed(0) : "–"}</td>`
      : "";
  return html`<tr><td>${row.player}</td><td>${row.rating.toFixed(0)}</td><td>${ratingRange(row)}</td><td>${rankRange(row.rankRange)}</td><td>${thousands(row.games)}</td>${more}${judges.map((judge) => html`<td>${judge[kind].ratings.find(({ player }) => player === row.player)?.rating.toFixed(0) ?? "–"}</td>`)}</tr>`;
})}
</table></div>
${noIntervals(rated.ratings)}
<figure><figcaption>Ratings by people. Lines are 95 % intervals; the dashed line is the mean of all ${kind}.</figcaption>
${ratingPlot(rated.ratings)}</figure>`;
}

/** Says which ratings have no interval, and why. */
function noIntervals(ratings: readonly BradleyTerryRating[]): Html | string {
  const reasons = ratings.flatMap(({ player, low, reason }) => (low === null && reason !== null ? [`${player}: ${reason}`] : []));
  return reasons.length === 0 ? "" : html`<p class="soft">No interval. ${reasons.join(". ")}.</p>`;
}

/** A heat map: the stronger the colour, the clearer the row's model is preferred (green) or the column's (blue). */
function winRateSection({ players, rates }: WinRates): Html {
  return html`<h2>Who is preferred to whom</h2>
<p>How often people prefer the model of the row to that of the column, a tie as half, with 95 % intervals. A dash: fewer than 30 answers, or no interval.</p>
<div class="scroll"><table><tr><th></th>${players.map((player) => html`<th>${player}</th>`)}</tr>
${players.map((player, row) => html`<tr><th>${player}</th>${(rates[row] ?? []).map(heatCell)}</tr>`)}
</table></div>`;
}

function heatCell(rate: WinRate | null): Html {
  if (rate === null) return html`<td></td>`;
  if (rate.value === null) return html`<td><span class="soft">– (${thousands(rate.games)})</span></td>`;
  const strength = Math.round(140 * Math.abs(rate.value - 0.5));
  const color = rate.value > 0.5 ? "var(--ours)" : "var(--others)";
  return html`<td style="background: color-mix(in srgb, ${color} ${strength}%, transparent)"><b>${percent(rate.value)}</b><br><span class="soft">${percentRange(rate.low === null || rate.high === null ? null : [rate.low, rate.high])}</span></td>`;
}

function agreementSection({ judges, people: { configurations } }: MeasuredModels): Html {
  const shown = (
    { value, low, high }: { value: number | null; low: number | null; high: number | null },
    show: (value: number | null) => string,
  ) => `${show(value)} (${range(low === null || high === null ? null : [low, high], show)})`;
  return html`<h2>Who orders the configurations as people do</h2>
<div class="scroll"><table><tr><th>scorer, ${agreementIntervalName(configurations.ratings.length)}</th><th>Spearman</th><th>Kendall</th><th>pairs ordered alike</th></tr>
${judges.map(({ judge, agreement: { spearman, kendall, pairs } }) => html`<tr><td>${judge}</td><td>${shown(spearman, correlation)}</td><td>${shown(kendall, correlation)}</td><td>${shown(pairs, percent)}</td></tr>`)}
</table></div>
${judges.flatMap(({ judge, agreement: { spearman } }) => (spearman.reason === null ? [] : [html`<p class="soft">${judge}: ${spearman.reason}.</p>`]))}
<p class="soft">Intervals hold the agreement of the true orders. Noise in the ratings lowers the measured agreement, so an interval may reach further up than down. Of few configurations an agreement takes few values; its interval is then conservative: it holds the true one more often than in 95 of 100 cases.</p>`;
}

/** Points of a rating with a real minus sign. */
const pointsOf = (value: number): string => value.toFixed(1).replace("-", "−");

/** The ratings with guidance, side and kept image alike, what these are worth, and how probable a tie is. */
function adjustedSection({ adjusted, ties: { ties } }: MeasuredModels): Html {
  const ends = ({ low, high }: { low: number | null; high: number | null }, scale = 1): [number, number] | null =>
    low === null || high === null ? null : [scale * low, scale * high];
  const tie = html`<p class="soft">${
    ties.value === null
      ? `The probability of a tie between equally good models cannot be given. ${ties.reason}`
      : `A tie between equally good models has a probability of ${percent(ties.value)} (${percentRange(ends(ties))}; Davidson's model).`
  }</p>`;
  if (adjusted.reason !== null)
    return html`<h2>Guidance, side and kept image alike</h2><p class="note">${adjusted.reason}</p>${tie}`;
  return html`<h2>Guidance, side and kept image alike</h2>
<div class="scroll"><table><tr><th>model</th><th>rating</th><th>95 % interval</th></tr>
${adjusted.ratings.map((row) => html`<tr><td>${row.player}</td><td>${row.rating.toFixed(0)}</td><td>${ratingRange(row)}</td></tr>`)}
</table></div>
<div class="scroll"><table><tr><th>what they are worth</th><th>points</th><th>95 % interval</th></tr>
${adjusted.coefficients.map((each) => html`<tr><td>${each.name}</td><td>${each.points === null ? "–" : pointsOf(each.points)}</td><td>${each.reason ?? range(ends(each, 400 / Math.LN10), pointsOf)}</td></tr>`)}
</table></div>${tie}`;
}

function checkSection({ first, answers, people, withoutPerson, clones, reason }: NonNullable<MeasuredModels["checks"]>): Html {
  if (reason !== null) return html`<h2>What the first rank hangs on</h2><p class="note">${reason}</p>`;
  const fewest = [
    ["answers", answers],
    ["people", people],
  ] as const;
  return html`<h2>What the first rank hangs on</h2>
${fewest.map(([what, { fewest: n, of, newFirst, reason }]) => html`<p>${n === null ? `${what}: ${reason}.` : `Without ${n} of ${of} ${what} ${newFirst} is first instead of ${first} (at most: fewer may do).`}</p>`)}
<div class="scroll"><table><tr><th>without one person</th><th>answers</th><th>largest change, points</th><th>of</th><th>ranks changed</th><th>first</th></tr>
${withoutPerson.map((each, i) => html`<tr><td>${i + 1}</td><td>${thousands(each.answers)}</td><td>${each.largestChange.toFixed(1)}</td><td>${each.player}</td><td>${each.ranksChanged}</td><td>${each.first}</td></tr>`)}
</table></div>
<div class="scroll"><table><tr><th>with a clone of</th><th>the better one gains, points</th><th>one of them is first</th><th>others change by, points</th><th>others that change order</th></tr>
${clones.map(({ player, largestChange, swapped, gain, first: share }) => html`<tr><td>${player}</td><td>${gain.toFixed(1)}</td><td>${percent(share)}</td><td>${largestChange.toFixed(1)}</td><td>${swapped.map(([high, low]) => `${low} above ${high}`).join(", ") || "none"}</td></tr>`)}
</table></div>
<p class="soft">A clone shares the answers of its model at random, and the better one of the two counts (first two columns); or it gets as many answers again, all the same (last two).</p>`;
}
