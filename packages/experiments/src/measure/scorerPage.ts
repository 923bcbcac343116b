/** @file The report on scorers as one HTML page. */
import { intervalPlot, type MeasuredShare, page, reliabilityPlot } from "@pickapic/report";
import { percent, percentRange, points, range, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import type { CategoryTable, ScorerReport } from "./scorerReport.ts";

/** Returns the report as a page that loads nothing. */
export function scorerPage(report: ScorerReport): string {
  return page(`Scorers on ${report.dataset}`, [
    headSection(report),
    accuracySection(report),
    ...(report.differences.length > 0 ? [differenceSection(report)] : []),
    calibrationSection(report),
    ...report.categories.map(categorySection),
    howSection(report),
  ]);
}

function headSection({ dataset, splits, examples, tieShare, remarks, leftOut, failures }: ScorerReport): Html {
  const lost = leftOut.test + leftOut.validation;
  return html`<h1>How well scorers predict what people prefer</h1>
<p>${thousands(examples)} rankings of ${splits.test} of ${dataset}, ${percent(tieShare)} of them ties.</p>
${remarks.map((remark) => html`<p class="note">${remark}</p>`)}
${lost === 0 ? "" : html`<p class="note">${lost} rankings were left out, because an image in them has no score: ${failures.map(({ scorer, images }) => `${scorer} failed on ${images}`).join(", ")}.</p>`}`;
}

/** All that predict: chance, the scorers, experts and people. */
function predictorsOf({ random, scorers, experts, people }: ScorerReport): (MeasuredShare & { reason: string | null })[] {
  return [
    { name: "random (expected)", share: random.accuracy, reason: null },
    ...scorers.map(({ scorer, accuracy, interval, reason }, i) => ({
      name: scorer,
      share: accuracy,
      interval,
      reason,
      ours: i === 0,
    })),
    ...(experts ? [{ name: "experts", share: experts.accuracy.value, ...experts.accuracy }] : []),
    { name: "another person", share: people.tieAware.value, ...people.tieAware },
  ];
}

function accuracySection(report: ScorerReport): Html {
  const rows = predictorsOf(report);
  const drawn = rows.flatMap(({ share, interval }) => [share, ...(interval ?? [])].filter((each) => typeof each === "number"));
  const domain = [Math.min(0.5, ...drawn) - 0.01, Math.max(0.8, ...drawn) + 0.01] as const;
  return html`<h2>Accuracy</h2>
<figure><figcaption>Tie-aware accuracy with 95 % intervals; the dashed line is chance</figcaption>
${intervalPlot(
  rows.filter(({ share }) => share !== null),
  { label: "accuracy, % →", reference: report.random.accuracy, domain },
)}</figure>
<div class="scroll"><table><tr><th>predictor</th><th>tie-aware</th><th>95 % interval</th><th>threshold</th><th>without ties</th><th>95 % interval</th></tr>
<tr><td>random (expected)</td><td>${percent(report.random.accuracy)}</td><td></td><td>${report.random.threshold}</td><td>50.0 %</td><td></td></tr>
${report.scorers.map(({ scorer, accuracy, interval, threshold, winners }, i) => html`<tr class="${i === 0 ? "ours" : ""}"><td>${scorer}</td><td>${percent(accuracy)}</td><td>${percentRange(interval)}</td><td>${threshold}</td><td>${percent(winners.accuracy)}</td><td>${percentRange(winners.interval)}</td></tr>`)}
${report.experts ? html`<tr><td>experts</td><td>${percent(report.experts.accuracy.value)}</td><td>${percentRange(report.experts.accuracy.interval)}</td><td></td><td></td><td></td></tr>` : ""}
<tr><td>another person</td><td>${percent(report.people.tieAware.value)}</td><td>${percentRange(report.people.tieAware.interval)}</td><td></td><td>${percent(report.people.winners.value)}</td><td>${percentRange(report.people.winners.interval)}</td></tr>
</table></div>
${rows.flatMap(({ name, reason }) => (reason === null ? [] : [html`<p class="soft">${name}: ${reason}.</p>`]))}
${report.scorers.flatMap(({ scorer, winners }) => (winners.reason === null ? [] : [html`<p class="soft">${scorer} without ties: ${winners.reason}.</p>`]))}`;
}

function differenceSection({ differences, experts }: ScorerReport): Html {
  return html`<h2>Differences, in pairs on the same rankings</h2>
<div class="scroll"><table><tr><th></th><th>tie-aware, points</th><th>95 % interval</th><th>without ties, points</th><th>95 % interval</th></tr>
${differences.map(({ a, b, tieAware, winners }) => html`<tr><td>${a} − ${b}</td><td>${points(tieAware.difference)}</td><td>${range(tieAware.interval, points)}</td><td>${points(winners.difference)}</td><td>${range(winners.interval, points)}</td></tr>`)}
${(experts?.differences ?? []).map(({ scorer, difference }) => html`<tr><td>${scorer} − experts</td><td>${points(difference.value)}</td><td>${range(difference.interval, points)}</td><td></td><td></td></tr>`)}
</table></div>
${differences.flatMap(({ a, b, tieAware, winners }) => [
  ...(tieAware.reason === null ? [] : [html`<p class="soft">${a} − ${b}: ${tieAware.reason}.</p>`]),
  ...(winners.reason === null || winners.reason === tieAware.reason
    ? []
    : [html`<p class="soft">${a} − ${b} without ties: ${winners.reason}.</p>`]),
])}`;
}

function calibrationSection({ scorers }: ScorerReport): Html {
  const known = scorers.filter(({ examples }) => examples > 0);
  return html`<h2>Probabilities</h2>
<p>Each ranking from the side of the image that the scorer likes better. Points below the dashed line are too sure, points above it not sure enough; a tie counts as half. Below each point stands its number of rankings.</p>
<div class="row two">${known.map(
    ({ scorer, calibration, calibrationByChance, logLoss, logLossInterval }) =>
      html`<figure><figcaption><b>${scorer}</b>: calibration error ${percent(calibration.error)} (by chance alone ${percent(calibrationByChance)}), log-loss ${logLoss === null ? "–" : logLoss.toFixed(3)} (${range(logLossInterval, (nats) => nats.toFixed(3))}; a guess: 0.693)</figcaption>
${reliabilityPlot(calibration)}</figure>`,
  )}</div>`;
}

function categorySection({ by, scorers }: CategoryTable): Html {
  const [first] = scorers;
  return html`<h2>By ${by}</h2>
<div class="scroll"><table><tr><th>${by}</th><th>rankings</th>${scorers.map(({ scorer }) => html`<th>${scorer}</th><th>95 % interval</th>`)}</tr>
${(first?.categories ?? []).map(({ category, examples }, i) =>
  examples === 0
    ? ""
    : html`<tr><td>${category}</td><td>${thousands(examples)}</td>${scorers.map(({ categories }) => html`<td>${percent(categories[i]?.value ?? null)}</td><td>${percentRange(categories[i]?.interval ?? null)}</td>`)}</tr>`,
)}
</table></div>
<p class="soft">Tie-aware, with the threshold of the whole. A dash: fewer than 30 rankings, or fewer than 8 prompts for the interval.</p>`;
}

function howSection({ cite, people, experts }: ScorerReport): Html {
  return html`<h2>How these figures are made</h2><p>${cite.text}</p>
<p class="soft">Another person: ${people.protocol}.</p>${experts ? html`<p class="soft">Experts: ${experts.protocol}.</p>` : ""}
<dl>${Object.entries(cite.versions).map(([name, version]) => html`<dt>${name}</dt><dd>${version}</dd>`)}</dl>`;
}
