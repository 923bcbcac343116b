/** @file The ranking experiment as one HTML page. */
import { bestOfLegend, bestOfPlot, page } from "@pickapic/report";
import { percent, percentRange, points, range, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import type { PickReport, RankingReport } from "./ranking.ts";
import { type RankingCurve, verdictSentence } from "./rankingCurve.ts";
import { AUDIENCES } from "./rankingRound.ts";

/** Returns the report as a page that loads nothing. */
export function rankingPage(report: RankingReport): string {
  return page("Better pictures by ranking", [
    html`<h1>Better pictures by ranking</h1><p class="note">People and pictures are simulated (toy world).</p>
<p>How often the pick of ${report.settings.n} pictures is preferred to each baseline; at 50 % it is no better. Each judgement is that of one person, and another of one expert.</p>`,
    ...(report.leftOut === 0
      ? []
      : [
          html`<p class="note">${report.leftOut} prompts were left out, because one of their pictures has no score: ${report.failures.map(({ scorer, images }) => `${scorer} failed on ${images}`).join(", ")}.</p>`,
        ]),
    ...report.picks.map(pickSection),
    ...report.curves.map((curve) => curveSection(curve, report.settings.n)),
    html`<h2>How these figures are made</h2><p>${report.protocol}</p>
<dl>${Object.entries(report.settings).map(([name, value]) => html`<dt>${name}${UNITS[name] ?? ""}</dt><dd>${settingText(value)}</dd>`)}</dl>`,
  ]);
}

/** What follows the name of a setting that has a unit. */
const UNITS: Readonly<Record<string, string>> = {
  n: ", pictures per prompt",
  size: ", px",
  guidance: " scale",
  judges: ", people per prompt and as many experts",
  pessimism: ", standard deviations",
  patience: ", a probability",
};

const settingText = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : String(value ?? "")) || "none";

/** How often one way to pick is preferred to each baseline. */
export function pickSection({ picker, images, against }: PickReport): Html {
  return html`<h3>The pick of ${picker}</h3><p class="soft">It looks at ${images.toFixed(1)} pictures of a prompt on average.</p>
<div class="scroll"><table><tr><th>against</th><th>people</th><th>95 % interval</th><th>experts</th><th>95 % interval</th><th>judgements</th><th>of one same picture</th></tr>
${against.map(
  ({ baseline, people, experts }) =>
    html`<tr><td>${baseline}</td>${[people, experts].map(({ preferred }) => html`<td>${percent(preferred.value)}</td><td>${percentRange(preferred.interval)}</td>`)}<td>${thousands(people.preferred.examples)}</td><td>${thousands(people.same)}</td></tr>`,
)}
</table></div>
${against.flatMap(({ people }) => (people.preferred.reason === null ? [] : [html`<p class="soft">${people.preferred.reason}.</p>`])).slice(0, 1)}`;
}

/** What n is worth to one scorer, as a plot and a table. */
export function curveSection({ scorer, points: curve, people, experts }: RankingCurve, n: number): Html {
  const lines = [
    {
      name: "people",
      color: "var(--ours)",
      points: curve.map((at) => ({ n: at.n, share: at.people.value, interval: at.people.interval })),
    },
    {
      name: "experts",
      color: "var(--others)",
      points: curve.map((at) => ({ n: at.n, share: at.experts.value, interval: at.experts.interval })),
    },
    {
      name: "the scorer's own forecast",
      color: "var(--muted)",
      dashed: true,
      points: curve.map((at) => ({ n: at.n, share: at.forecast })),
    },
  ];
  const verdicts = AUDIENCES.map((audience) => ({ audience, found: { people, experts }[audience] }));
  return html`<h3>The best of n by ${scorer}</h3>
<figure><figcaption>How often the best of n is preferred to a random seed with a random template, and how often the scorer says that it would be</figcaption>
${bestOfPlot(lines)}<p class="soft">${bestOfLegend(lines)}</p></figure>
<div class="scroll"><table><tr><th>n</th><th>score gained, log odds</th><th>the scorer's forecast</th><th>people</th><th>95 % interval</th><th>experts</th><th>95 % interval</th></tr>
${curve.map((at) => html`<tr><td>${at.n}</td><td>${at.gain.toFixed(2)}</td><td>${percent(at.forecast)}</td><td>${percent(at.people.value)}</td><td>${percentRange(at.people.interval)}</td><td>${percent(at.experts.value)}</td><td>${percentRange(at.experts.interval)}</td></tr>`)}
</table></div>
${verdicts.map(({ audience, found }) => html`<p>${verdictSentence(audience, found, n)} ${found.verdict === "falls" || found.verdict === "level" ? `The difference is ${points(found.difference.value)} points, ${range(found.difference.interval, points)} (a conservative 95 % interval: it allows for the choice among all numbers of images).` : ""}</p>`)}`;
}
