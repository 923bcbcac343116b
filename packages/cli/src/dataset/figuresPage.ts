/** @file The page of `pickapic dataset stats --format html`: the figures of a dataset in one file. */
import { basename, resolve } from "node:path";
import type { Bar, Distributions, Statistics } from "@pickapic/dataset";
import { FEWEST_EXAMPLES } from "@pickapic/evaluation";
import { barPlot, calendarPlot, figureCard, intervalPlot, page, rankedPlot } from "@pickapic/report";
import { percent, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import { keptWins, leftWins, sharePhrase, tieShare, winRate } from "../statistics.ts";

/** Returns the whole page. */
export function figuresPage(counted: Statistics, of: Distributions): string {
  const title = `The dataset ${basename(resolve(counted.folder))}`;
  return page(title, [heading(title, counted), cards(counted), time(counted, of), people(of), prompts(of), models(counted), guidance(of), answers(counted, of)]);
} // biome-ignore format: the order of the page

function heading(title: string, { simulated, rankings, hasImages, first, last }: Statistics): Html {
  const day = (time: string | null) => time?.slice(0, 10) ?? "not recorded";
  const which = simulated === rankings ? "All rankings" : `${thousands(simulated)} of ${thousands(rankings)} rankings`;
  return html`<h1>${title}</h1>
<p class="soft">${day(first) === day(last) ? day(first) : `From ${day(first)} to ${day(last)}`}. Counted over train, validation and test; the unique splits repeat rows of these. ${hasImages ? "The images are inside." : "Without images."}
Shares are those of these rankings, without intervals: what holds for other people and prompts is told by <code>pickapic evaluate models</code>.</p>
${simulated === 0 ? "" : html`<p class="note"><b>Simulated.</b> ${which} were made by simulated people over pictures of a toy world: these figures say nothing about real ones.</p>`}`;
}

function cards(counted: Statistics): Html {
  const { rankings, ties, prompts, users, images } = counted;
  const { value } = tieShare(counted);
  const count = (n: number, what: string) => figureCard(thousands(n), what);
  return html`<div class="cards">${[
    count(rankings, "rankings"),
    count(prompts, "prompts"),
    count(users, "people"),
    count(images, "images"),
    figureCard(value === null ? "too few" : percent(value), `ties (${thousands(ties)})`),
  ]}</div>`;
}

/** A plot with what it shows; a sentence in its place when there is nothing to show. */
function figure(caption: string, bars: readonly unknown[], plot: () => Html, nothing = "Not recorded in this dataset."): Html {
  return html`<figure><figcaption>${caption}</figcaption>${bars.length === 0 ? html`<p class="soft">${nothing}</p>` : plot()}</figure>`;
}

const bars = (caption: string, of: readonly Bar[], label: string, unit: string): Html =>
  figure(caption, of, () => barPlot(of, { label, unit }));

function time({ rankings }: Statistics, { overTime, momentDays }: Distributions): Html {
  const each = momentDays === 1 ? "day" : `${momentDays} days`;
  const shown = overTime.map(({ day, rankings: count, ties }) => ({ day, count, darker: ties }));
  return html`<h2>Over time</h2>
${figure(`Rankings of each ${each}, ${thousands(rankings)} together; ties are the darker bars.`, shown, () => calendarPlot(shown, { unit: "rankings", days: momentDays }))}`;
}

function people({ promptsPerUser, rankingsPerUser }: Distributions): Html {
  return html`<h2>People</h2><div class="row two">
${bars("How many prompts a person wrote.", promptsPerUser, "prompts", "people")}
${bars("How many rankings a person gave.", rankingsPerUser, "rankings", "people")}</div>`;
}

function prompts({ wordsPerPrompt, imagesPerPrompt, words }: Distributions): Html {
  return html`<h2>Prompts</h2><div class="row two">
${bars("How long a prompt is.", wordsPerPrompt, "words", "prompts")}
${bars("How many different images were judged for a prompt.", imagesPerPrompt, "images", "prompts")}</div>
${figure("The words that are in the most prompts.", words, () => rankedPlot(words, { unit: "prompts", width: 880 }))}`;
}

function models({ models: counted }: Statistics): Html {
  const shown = counted.map(({ model, shown: count }) => ({ label: model, count }));
  const rows = counted.map(
    ({ model, shown: count, wins, ties, games }) =>
      html`<tr><td>${model}</td><td>${thousands(count)}</td><td>${thousands(games)}</td><td>${thousands(wins)}</td><td>${thousands(ties)}</td><td>${sharePhrase(winRate({ model, shown: count, wins, ties, games }))}</td></tr>`,
  );
  return html`<h2>Models</h2>
${figure("How often an image of a model was judged.", shown, () => rankedPlot(shown, { unit: "images judged", width: 880 }))}
<div class="scroll"><table><thead><tr><th>model</th><th>judged</th><th>games against other models</th><th>won</th><th>tied</th><th>win rate, ties half</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function guidance({ guidance: of }: Distributions): Html {
  const rates = of.flatMap(({ label, winRate, count }) => (count < FEWEST_EXAMPLES ? [] : [{ name: label, share: winRate }]));
  const plot = () =>
    intervalPlot(rates, { label: "preferred, ties half, % →", reference: 0.5, domain: [0, 1], width: 400, marginLeft: 60 });
  return html`<h2>Guidance scale</h2><div class="row two">
${bars("Guidance scale of the images judged.", of, "guidance scale", "images judged")}
${figure(`How often an image was preferred, by its guidance scale; where at least ${FEWEST_EXAMPLES} were judged.`, rates, plot, of.length > 0 ? "In no range were so many judged." : undefined)}</div>`;
}

function answers(counted: Statistics, { answerSeconds }: Distributions): Html {
  const { answerMs } = counted;
  const median = Number.isNaN(answerMs.median) ? "not recorded" : `${(answerMs.median / 1000).toFixed(1)} s`;
  return html`<h2>Answers</h2><div class="row two">
${bars("How long an answer took.", answerSeconds, "seconds", "rankings")}
<figure><figcaption>Signs of bias: without any, the image on the left is preferred in half of the rankings.</figcaption><dl>
<dt>left image preferred</dt><dd>${sharePhrase(leftWins(counted))}</dd><dt>kept image preferred again</dt><dd>${sharePhrase(keptWins(counted))}</dd><dt>answer time, median</dt><dd>${median}</dd></dl></figure></div>`;
}
