/** @file The sections of the report about training and about who predicts what people prefer. */
import { itemAt } from "@pickapic/errors";
import type { Interval } from "@pickapic/evaluation";
import { curvePlot, dataSizePlot, intervalPlot, type MeasuredShare } from "@pickapic/report";
import { percent, percentRange, points, range, roundPercent, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import { accuracyCurve } from "../../accuracyCurve.ts";
import type { Reproduction } from "../reproduce.ts";
import { measuredRows } from "../rows.ts";
import { SCORERS, type TrainingFacts, type Variant } from "../steps/step.ts";

/** Nothing, for a section whose step was left out. */
export const NOTHING = html``;

/** Who predicts people how well, as a plot and a table, with differences in pairs. */
export function accuracySection({ results: { accuracy }, settings }: Reproduction): Html {
  if (!accuracy) return NOTHING;
  const rows = measuredRows(accuracy);
  const ours = itemAt(accuracy.scorers, SCORERS.indexOf("pickscore"));
  return html`<h2>Who predicts what people prefer</h2>
<p>The tie-aware accuracy of the paper on ${thousands(ours.examples)} examples, one for each held-out prompt${tiesText(ours.tieShare)}: a tie is predicted when
|p₀ − p₁| ≤ t, and scores one half where exactly one of prediction and answer is a tie. The threshold t of each predictor is the first best of 0, 0.1 … 1 on validation_unique;
test_unique is measured once with it. Experts are simulated people other than the prompt's author, ${settings.expertsPerExample} for each example, without a threshold.</p>
<figure><figcaption>Tie-aware accuracy on test_unique with 95 % intervals; the dashed line is chance</figcaption>
${intervalPlot(rows, { label: "accuracy, % →", reference: accuracy.random.accuracy, domain: domainOf(rows, [0.5, 0.8]) })}</figure>
<div class="scroll"><table><tr><th>predictor</th><th>accuracy</th><th>95 % interval</th><th>threshold</th><th>paper, real people, %</th></tr>
${rows.map(({ name, share, interval, threshold, paper, ours: mark }) => html`<tr class="${mark ? "ours" : ""}"><td>${name}</td><td>${percent(share)}</td><td>${interval === undefined ? "" : percentRange(interval)}</td><td>${threshold ?? ""}</td><td>${paper}</td></tr>`)}
</table>
<table><tr><th>in pairs on the same examples</th><th>points</th><th>95 % interval</th></tr>
${accuracy.differences.map(({ to, difference, interval }) => html`<tr><td>pickscore − ${to}</td><td>${points(difference)}</td><td>${range(interval, points)}</td></tr>`)}
</table></div>`;
}

const tiesText = (share: number | null): string => (share === null ? "" : ` (${percent(share)} of them ties)`);

/** From the smallest to the largest value that is drawn, and at least `usual`. */
export function domainOf(rows: readonly MeasuredShare[], [low, high]: Interval): Interval {
  const drawn = rows.flatMap(({ share, interval }) => [...(share === null ? [] : [share]), ...(interval ?? [])]);
  return [Math.min(low, ...drawn) - 0.01, Math.max(high, ...drawn) + 0.01];
}

/** The main training: its settings, loss and accuracy over the steps. */
export function trainingSection({ results: { training } }: Reproduction): Html {
  if (!training) return NOTHING;
  const { init, train, steps, batchPairs, learningRate, validationSplit } = training.settings;
  const what = train === "all" ? "all parameters" : train;
  return html`<h2>Training</h2>
<p>From ${init}, ${what}: ${thousands(steps)} steps of ${batchPairs} pairs, learning rate ${learningRate}. ${chosenText(training)}</p>
<div class="row"><figure><figcaption>Loss (thick: running mean)</figcaption>${curvePlot(training.metrics, { label: "loss, nats", of: ({ loss }) => loss, noisy: true })}</figure>
<figure><figcaption>Accuracy on ${validationSplit === "cross-fitted" ? "prompts not trained on" : `pairs of ${validationSplit}`}, ties left out</figcaption>${accuracyCurve(training.metrics)}</figure></div>`;
}

/** Says which checkpoint the reproduction measures, and by which pairs it was chosen. */
function chosenText({ settings, best, startKept }: TrainingFacts): string {
  if (best === null) return "The checkpoint of the last step is measured: no pair could choose one.";
  const by = settings.validationSplit === "cross-fitted" ? "by cross-fitting" : `on ${settings.validationSplit}`;
  if (startKept) return `No step was better than the start ${by}, so the starting weights are measured.`;
  return `The checkpoint of step ${thousands(best.step)}, the best ${by}, is measured; test_unique had no part in the choice.`;
}

/** The further trainings: in-batch negatives, other seeds, fewer prompts. */
export function variantSection({ results }: Reproduction): Html {
  const { negatives, seeds = [], accuracy, dataset, "data-size": sizes = [] } = results;
  const all = [...(negatives ? [negatives] : []), ...seeds, ...sizes];
  const main = accuracy?.scorers[SCORERS.indexOf("pickscore")];
  if (all.length === 0 || !main) return NOTHING;
  const whole = { pairs: dataset?.splits.train ?? 0, accuracy: main };
  return html`<h2>The same training with other settings</h2>
<p>Each training has the settings of the main one but for what is named, and is measured on the same examples with a threshold of its own. ${seedText([whole, ...seeds])}</p>
<div class="scroll"><table><tr><th>training</th><th>pairs</th><th>steps</th><th>accuracy</th><th>95 % interval</th><th>pickscore − this, points</th><th>95 % interval</th></tr>
<tr class="ours"><td>pickscore</td><td>${thousands(whole.pairs)}</td><td>${thousands(results.training?.steps ?? 0)}</td><td>${percent(main.accuracy)}</td><td>${percentRange(main.interval)}</td><td></td><td></td></tr>
${all.map(({ name, pairs, steps, accuracy: own, behind }) => html`<tr><td>${nameOf(name)}</td><td>${thousands(pairs)}</td><td>${thousands(steps)}</td><td>${percent(own.accuracy)}</td><td>${percentRange(own.interval)}</td><td>${points(behind.difference)}</td><td>${range(behind.interval, points)}</td></tr>`)}
</table></div>
${sizes.length === 0 ? "" : sizePlot([...sizes, whole], accuracy?.experts.accuracy ?? null)}`;
}

/** "share-0.125" as "12.5 % of the prompts", "seed-2" as "seed 2", "in-batch-negatives" as "in-batch negatives". */
function nameOf(name: string): string {
  const [kind = "", value = ""] = name.split(/-(?=[\d.]+$)/);
  if (kind === "share") return `${roundPercent(Number(value))} of the prompts`;
  return kind === "seed" ? `seed ${value}` : name.replace("-negatives", " negatives");
}

function seedText(runs: readonly Pick<Variant, "accuracy">[]): string {
  const known = runs.flatMap(({ accuracy }) => accuracy.accuracy ?? []);
  if (known.length < 2) return "";
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1));
  return `Over ${known.length} seeds of training the accuracy is ${percent(mean)} with a standard deviation of ${(100 * deviation).toFixed(2)} points (paper: about 0.14).`;
}

function sizePlot(runs: readonly Pick<Variant, "pairs" | "accuracy">[], experts: number | null): Html {
  const shown = runs.flatMap(({ pairs, accuracy: { accuracy, interval } }) =>
    accuracy === null
      ? []
      : [{ pairs, value: 100 * accuracy, ...(interval && { interval: [100 * interval[0], 100 * interval[1]] as const }) }],
  );
  return shown.length < 2 || experts === null
    ? NOTHING
    : html`<figure><figcaption>Accuracy on test_unique by the number of training pairs, with 95 % intervals; the dashed line is the experts</figcaption>
${dataSizePlot(shown, { label: "accuracy, %", reference: 100 * experts })}</figure>`;
}
