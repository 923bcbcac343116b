/** @file The sections of the report about ratings of the generators, by the users' own answers and on two sets of prompts. */
import { itemAt } from "@pickapic/errors";
import { agreementPlot, pointsPlot } from "@pickapic/report";
import { correlation, eloCorrelation, percent, range, rankRange, ratingRange, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import { configurationModel } from "../../measure/models.ts";
import { FRECHET } from "../../measure/promptSets/promptSetOrders.ts";
import type { Estimated, JudgedSet, MeasuredSet } from "../../measure/promptSets/promptSets.ts";
import { figureText } from "../claimText.ts";
import type { Reproduction } from "../reproduce.ts";
import { NOTHING } from "./accuracy.ts";

const MODEL_COLORS = ["--a", "--b", "--c", "--d"] as const;

const legend = (names: readonly string[]): Html =>
  html`<div class="key">${names.map((name, i) => html`<span><i style="background: var(${itemAt(MODEL_COLORS, i % 4)})"></i>${name}</span>`)}</div>`;

/** People's ratings of the generators beside those by each scorer from the same answers. */
export function modelSection({ results: { models: facts }, settings }: Reproduction): Html {
  if (!facts) return NOTHING;
  const { report: models, configurations, lead } = facts;
  const names = models.people.models.ratings.map(({ player }) => player).sort();
  return html`<h2>Rating the generators by the users' own answers</h2>
<p>The ${thousands(models.rankings)} answers of the test split rate ${configurations} configurations: the generators at ${settings.configurations} ranges of guidance in all (the paper: 45). People's ratings (Bradley-Terry, Elo scale, ties count half)
against those that come out when a scorer answers in their place. In the paper, the correlation of Elo ratings is 0.790 ± 0.054 for PickScore and 0.313 ± 0.075 for CLIP-H.
${lead ? `Here pickscore's is ${correlation(lead.value)} above clip-toy's (95 % interval ${range(lead.interval, correlation)}).` : ""}</p>
${legend(names)}
<div class="row">${models.judges.map(
    ({ judge, configurations: rated, spearman, elo, reason }) =>
      html`<figure><figcaption><strong>${judge}</strong>: Spearman ${correlation(spearman)} (Elo, shuffled orders: ${eloCorrelation(elo)})${reason === null ? "" : `: ${reason}`}</figcaption>
${agreementPlot(models.people.configurations.ratings, rated.ratings, configurationModel)}</figure>`,
  )}</div>
<div class="scroll"><table><tr><th>generator</th><th>by people</th><th>95 % interval</th><th>rank</th><th>games</th>${models.judges.map(({ judge }) => html`<th>by ${judge}</th>`)}</tr>
${models.people.models.ratings.map((row) => html`<tr><td>${row.player}</td><td>${row.rating.toFixed(0)}</td><td>${ratingRange(row)}</td><td>${rankRange(row.rankRange)}</td><td>${row.games}</td>${models.judges.map((judge) => html`<td>${judge.models.ratings.find(({ player }) => player === row.player)?.rating.toFixed(0) ?? ""}</td>`)}</tr>`)}
</table></div>
<p class="soft">${[models.people.models.reason, ...models.people.models.remarks, models.people.models.method].filter((each) => each !== null).join(" ")}</p>`;
}

/** The configurations on captions and on users' prompts, by people, scorers and the Fréchet distance. */
export function promptSetSection({ results: { prompts: report }, settings }: Reproduction): Html {
  if (!report) return NOTHING;
  const names = [...new Set(report.configurations.map(configurationModel))].sort();
  return html`<h2>Captions or users' prompts, a score or a distance</h2>
<p>Each generator draws one picture at guidance 3, 6 and 9 for every prompt. Captions describe photographs of the toy world, as those of MS-COCO describe photographs, and experts judge; users' prompts are judged by ${settings.promptSets.judges} people who wrote them.
The distance is the Fréchet distance of ${settings.init}'s features to the photographs, which are plain in colour as real photographs are. "Real use" is what authors say of the same configurations for 2,000 other prompts of their own.</p>
${legend(names)}
${report.sets.map((set) => setFigures(set, report.configurations))}
<div class="scroll"><table><tr><th>Spearman's correlation</th><th>with people, same prompts</th><th>95 % interval</th><th>with real use</th><th>95 % interval</th></tr>
${report.sets.map((set) => html`<tr class="group"><th colspan="5">by ${set.name}</th></tr>${set.judges.map(correlationRow)}`)}
</table></div>
<p class="soft">${report.protocol} In the paper, on 100 captions and 9 configurations: PickScore 0.917, FID −0.900 with experts.</p>`;
}

const find = ({ judges }: MeasuredSet, name: string): JudgedSet | undefined => judges.find(({ judge }) => judge === name);

const correlationRow = ({ judge, withPeople, withTruth }: JudgedSet): Html =>
  html`<tr class="${judge === "pickscore" ? "ours" : ""}"><td>${judge === FRECHET ? "minus the Fréchet distance" : judge}</td>${[withPeople, withTruth].map((figure) => html`<td>${correlation(figure?.value ?? null)}</td><td>${range(figure?.interval ?? null, correlation)}</td>`)}</tr>`;

/** The distance itself, not minus the distance, is on the plot. */
const signed = (value: number | null, judge: string): number | null => (value !== null && judge === FRECHET ? -value : value);

function setFigures(set: MeasuredSet, configurations: readonly string[]): Html {
  const people = find(set, "people");
  if (!people) return NOTHING;
  const plotted = [find(set, "pickscore"), find(set, FRECHET)].flatMap((judged) => judged ?? []);
  const value = (figure: Estimated | undefined, judge: string) =>
    figure === undefined ? "" : judge === FRECHET ? figureText("distance", figure.value) : percent(figure.value);
  const at = (values: readonly Estimated[], i: number) => itemAt(values, i).value ?? Number.NaN;
  return html`<h3>${set.prompts} ${set.name}</h3>
<div class="row two">${plotted.map(
    ({ judge, values, withPeople }) =>
      html`<figure><figcaption><strong>${judge}</strong> against people: Spearman ${correlation(signed(withPeople?.value ?? null, judge))}</figcaption>
${pointsPlot(
  configurations.map((name, i) => ({
    group: configurationModel(name),
    x: 100 * at(people.values, i),
    y: at(values, i) * (judge === FRECHET ? 1 : 100),
  })),
  { x: "win ratio by people, %", y: judge === FRECHET ? "Fréchet distance (less is better)" : "win ratio by pickscore, %" },
)}</figure>`,
  )}</div>
<details><summary>All figures on ${set.name}</summary><div class="scroll"><table><tr><th>configuration</th>${set.judges.map(({ judge }) => html`<th>${judge}</th>`)}</tr>
${configurations.map((name, i) => html`<tr><td>${name}</td>${set.judges.map(({ judge, values }) => html`<td>${value(values[i], judge)}</td>`)}</tr>`)}
</table></div></details>`;
}
