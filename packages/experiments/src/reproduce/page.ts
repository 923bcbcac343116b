/** @file The report of a reproduction: one HTML file that needs no other. */
import { itemAt } from "@pickapic/errors";
import { type Interval, shareOf } from "@pickapic/evaluation";
import {
  agreementPlot,
  curvePlot,
  figureCard,
  intervalPlot,
  type MeasuredShare,
  page,
  pairCard,
  timePlot,
} from "@pickapic/report";
import {
  correlation,
  duration,
  eloCorrelation,
  percent,
  percentRange,
  points,
  range,
  rankRange,
  ratingRange,
  thousands,
} from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import { accuracyCurve } from "../accuracyCurve.ts";
import { configurationModel } from "../measure/models.ts";
import { type ExampleCard, exampleCards, type PickCard, pickCards } from "./examples.ts";
import { ofScorer, type Reproduction } from "./reproduce.ts";
import { measuredRows, missingFigures } from "./rows.ts";

/** Returns the whole page. The example images are drawn again, larger than they were collected. */
export async function writeReport(result: Reproduction): Promise<string> {
  const [examples, picks] = await Promise.all([exampleCards(result), pickCards(result)]);
  const sections = [
    head(result),
    accuracySection(result),
    trainingSection(result),
    modelSection(result),
    bestSection(result, picks),
    exampleSection(examples),
    howSection(result),
  ];
  return page(`Pick-a-Pic in the toy world, seed ${result.settings.seed}`, sections);
}

/** A share for a card, or that there are too few examples for one; a note below the cards says how many. */
const cardShare = (share: number | null): string => (share === null ? "too few" : percent(share));

function head(result: Reproduction): Html {
  const { settings, collected, accuracy, bestOf, seconds } = result;
  const ours = ofScorer(accuracy, "pickscore");
  const best = ofScorer(bestOf, "pickscore");
  return html`<h1>Pick-a-Pic in the toy world</h1>
<p class="soft">Seed ${settings.seed} · ${duration(seconds)} on this machine</p>
<p class="note"><strong>People and pictures are simulated.</strong> Four invented generators draw captions with emoji, and simulated people with a hidden taste choose
between two pictures. The figures show that the method works from end to end; they say nothing about real models or real people.</p>
<div class="cards">
${figureCard(thousands(collected.rankings), `answers of ${thousands(collected.people)} people to ${thousands(collected.prompts)} prompts`)}
${figureCard(cardShare(shareOf(collected.ties, collected.rankings).value), "of the answers are ties (paper: 11 to 14 %)")}
${figureCard(cardShare(ours.accuracy), `of test_unique predicted by pickscore (${percentRange(ours.interval)})`)}
${figureCard(cardShare(best.preferred), `prefer its best of ${settings.bestOfN} to a random picture (${percentRange(best.interval)})`)}
</div>
${missingFigures(result).map((sentence) => html`<p class="note">${sentence}</p>`)}`;
}

function accuracySection(result: Reproduction): Html {
  const rows = measuredRows(result);
  const { accuracy, differences, settings, splits } = result;
  return html`<h2>Who predicts what people prefer</h2>
<p>The tie-aware accuracy of the paper on ${thousands(splits.test_unique ?? 0)} examples, one for each held-out prompt${tiesText(ofScorer(accuracy, "pickscore").tieShare)}: a tie is predicted when
|p₀ − p₁| ≤ t, and scores one half where exactly one of prediction and answer is a tie. The threshold t of each predictor is the first best of 0, 0.1 … 1 on validation_unique;
test_unique is measured once with it. Experts are simulated people other than the prompt's author, ${settings.expertsPerExample} for each example, without a threshold.</p>
<figure><figcaption>Tie-aware accuracy on test_unique with 95 % intervals; the dashed line is chance</figcaption>
${intervalPlot(rows, { label: "accuracy, % →", reference: result.random.accuracy, domain: domainOf(rows, [0.5, 0.8]) })}</figure>
<div class="scroll"><table><tr><th>predictor</th><th>accuracy</th><th>95 % interval</th><th>threshold</th><th>paper, real people, %</th></tr>
${rows.map(({ name, share, interval, threshold, paper, ours }) => html`<tr class="${ours ? "ours" : ""}"><td>${name}</td><td>${percent(share)}</td><td>${interval === undefined ? "" : percentRange(interval)}</td><td>${threshold ?? ""}</td><td>${paper}</td></tr>`)}
</table>
<table><tr><th>in pairs on the same examples</th><th>points</th><th>95 % interval</th></tr>
${differences.map(({ to, difference, interval }) => html`<tr><td>pickscore − ${to}</td><td>${points(difference)}</td><td>${range(interval, points)}</td></tr>`)}
</table></div>`;
}

const tiesText = (share: number | null): string => (share === null ? "" : ` (${percent(share)} of them ties)`);

/** From the smallest to the largest value that is drawn, and at least `usual`. */
function domainOf(rows: readonly MeasuredShare[], [low, high]: Interval): Interval {
  const drawn = rows.flatMap(({ share, interval }) => [...(share === null ? [] : [share]), ...(interval ?? [])]);
  return [Math.min(low, ...drawn) - 0.01, Math.max(high, ...drawn) + 0.01];
}

function trainingSection({ training, trained }: Reproduction): Html {
  const { init, train, steps, batchPairs, learningRate, validationSplit } = trained.settings;
  const what = train === "all" ? "all parameters" : train;
  return html`<h2>Training</h2>
<p>From ${init}, ${what}: ${steps} steps of ${batchPairs} pairs, learning rate ${learningRate}. ${chosenText(trained)}</p>
<div class="row"><figure><figcaption>Loss (thick: running mean)</figcaption>${curvePlot(training, { label: "loss, nats", of: ({ loss }) => loss, noisy: true })}</figure>
<figure><figcaption>Accuracy on ${validationSplit === "cross-fitted" ? "prompts not trained on" : `pairs of ${validationSplit}`}, ties left out</figcaption>${accuracyCurve(training)}</figure></div>`;
}

/** Says which checkpoint the reproduction measures, and by which pairs it was chosen. */
function chosenText({ settings, best, startKept }: Reproduction["trained"]): string {
  if (best === null) return "The checkpoint of the last step is measured: no pair could choose one.";
  const by = settings.validationSplit === "cross-fitted" ? "by cross-fitting" : `on ${settings.validationSplit}`;
  if (startKept) return `No step was better than the start ${by}, so the starting weights are measured.`;
  return `The checkpoint of step ${thousands(best.step)}, the best ${by}, is measured; test_unique had no part in the choice.`;
}

const MODEL_COLORS = ["--a", "--b", "--c", "--d"] as const;

function modelSection({ models }: Reproduction): Html {
  const names = models.people.models.ratings.map(({ player }) => player).sort();
  return html`<h2>Rating the generators</h2>
<p>The ${thousands(models.rankings)} answers of the test split rate each generator at three ranges of guidance (below 6, 6 to 9, above 9). People's ratings (Bradley-Terry, Elo scale, ties count half)
against those that come out when a scorer answers in their place. In the paper, the correlation of Elo ratings is 0.790 ± 0.054 for PickScore and 0.313 ± 0.075 for CLIP-H.</p>
<div class="key">${names.map((name, i) => html`<span><i style="background: var(${itemAt(MODEL_COLORS, i % 4)})"></i>${name}</span>`)}</div>
<div class="row">${models.judges.map(
    ({ judge, configurations, spearman, elo, reason }) =>
      html`<figure><figcaption><strong>${judge}</strong>: Spearman ${correlation(spearman)} (Elo, shuffled orders: ${eloCorrelation(elo)})${reason === null ? "" : `: ${reason}`}</figcaption>
${agreementPlot(models.people.configurations.ratings, configurations.ratings, configurationModel)}</figure>`,
  )}</div>
<div class="scroll"><table><tr><th>generator</th><th>by people</th><th>95 % interval</th><th>rank</th><th>games</th>${models.judges.map(({ judge }) => html`<th>by ${judge}</th>`)}</tr>
${models.people.models.ratings.map((row) => html`<tr><td>${row.player}</td><td>${row.rating.toFixed(0)}</td><td>${ratingRange(row)}</td><td>${rankRange(row.rankRange)}</td><td>${row.games}</td>${models.judges.map((judge) => html`<td>${judge.models.ratings.find(({ player }) => player === row.player)?.rating.toFixed(0) ?? ""}</td>`)}</tr>`)}
</table></div>
<p class="soft">${[models.people.models.reason, ...models.people.models.remarks, models.people.models.method].filter((each) => each !== null).join(" ")}</p>`;
}

function bestSection({ bestOf, settings }: Reproduction, cards: readonly PickCard[]): Html {
  const rows = bestOf.map(({ scorer, preferred, interval }) => ({
    name: scorer,
    share: preferred,
    interval,
    ours: scorer === "pickscore",
  }));
  const ours = ofScorer(bestOf, "pickscore");
  return html`<h2>Picking the best of ${settings.bestOfN}</h2>
<p>For each of ${ours.judgements} new prompts, ${settings.bestOfN} pictures are drawn as the app draws them; each scorer picks one; a simulated person who had no part in the dataset compares it with one more, random picture.
Ties count half (${ours.ties} of ${ours.judgements} for pickscore). In the paper, experts prefer PickScore's pick in 71.4 % to 82.0 % of the comparisons with random ones.</p>
<figure><figcaption>How often the pick is preferred to a random picture, with 95 % intervals</figcaption>
${intervalPlot(rows, { label: "preferred, % →", reference: 0.5, domain: domainOf(rows, [0.45, 0.95]) })}</figure>
<div class="pairs">${cards.map(({ caption, random, pick, outcome }) =>
    pairCard(caption, [
      { image: random, alt: "a random picture", chosen: outcome === 0, said: "random" },
      { image: pick, alt: "the pick", chosen: outcome === 1, said: `best of ${settings.bestOfN}` },
    ]),
  )}</div>`;
}

function exampleSection(cards: readonly ExampleCard[]): Html {
  return html`<h2>Where pickscore is right, and where it is wrong</h2>
<p>Examples of test_unique; the frame marks the picture that the simulated author preferred, the figure is pickscore's probability for it.</p>
<div class="pairs">${cards.map(({ caption, images, chosen, probability0, right }) => {
    const verdict = html`${percent(1 - probability0)} · <b class="${right ? "right" : "wrong"}">${right ? "right" : "wrong"}</b>`;
    return pairCard(caption, [
      { image: images[0], alt: "image 0", chosen: chosen === 0, said: percent(probability0) },
      { image: images[1], alt: "image 1", chosen: chosen === 1, said: verdict },
    ]);
  })}</div>`;
}

function howSection({ settings, phases, splits }: Reproduction): Html {
  const { training, out: _out, ...flat } = settings;
  const all = Object.entries({ ...flat, ...training });
  return html`<h2>How it was made</h2>
<figure><figcaption>Time</figcaption>${timePlot(phases)}</figure>
<p>Dataset: ${Object.entries(splits)
    .map(([split, rows]) => `${split} ${thousands(rows)}`)
    .join(", ")} rankings. Repeat it with <code>pickapic reproduce --quick --seed ${settings.seed}</code>; all settings:</p>
<dl>${all.map(([name, value]) => html`<dt>${name}</dt><dd>${String(value)}</dd>`)}</dl>`;
}
