/** @file The report of a training run: one HTML file that needs nothing else. */

import { basename, resolve } from "node:path";
import { itemAt } from "@pickapic/errors";
import { type Interval, tooFew } from "@pickapic/evaluation";
import type { SavedRun } from "@pickapic/pickscore";
import {
  curvePlot,
  type DataPoint,
  dataSizePlot,
  figureCard,
  intervalPlot,
  page,
  pairCard,
  reliabilityPlot,
  type TrainingPoint,
} from "@pickapic/report";
import { duration, percent, percentRange, points, range, roundPercent, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import { accuracyCurve } from "../accuracyCurve.ts";
import type { Curve } from "./curve.ts";
import type { DatasetFacts } from "./measured.ts";
import { type Comparison, type Outcome, outcomeGaps, type SplitOutcome } from "./outcome.ts";
import type { RunReport } from "./runReport.ts";
import { settingsSection } from "./settingsSection.ts";
import { type RunVerdict, verdictPairs, verdictText } from "./verdict.ts";

/** The whole page. */
export function runPage(report: RunReport): string {
  const { run, outcome, mistakes, curve } = report;
  const sections = [
    head(report),
    accuracySection(outcome),
    learningSection(run),
    reliabilitySection(largestOutcome(outcome)),
    mistakeSection(mistakes, shownOutcome(outcome)),
    curve ? curveSection(curve) : null,
    settingsSection(report),
  ];
  return page(
    `${nameOf(run)}: report of a training run`,
    sections.filter((section) => section !== null),
  );
}

const nameOf = ({ folder }: SavedRun): string => basename(resolve(folder));

/** The pairs of which the worst mistakes are shown: those without influence on training, if there are any. */
const shownOutcome = ({ test, validation }: Outcome): SplitOutcome | null => test ?? validation;

/** The larger one of the splits that had no influence on the model that judges them: test, and pairs that were cross-fitted. */
function largestOutcome({ test, validation }: Outcome): SplitOutcome | null {
  const isFitted = validation?.split.endsWith("cross-fitted") ?? false;
  return test && validation && isFitted && validation.pairs > test.pairs ? validation : (test ?? validation);
}

function head({ run, outcome, verdict, facts, gaps }: RunReport): Html {
  const { settings } = run;
  const { finished, step, best, recipe } = run.record;
  const data = facts
    ? ` · ${thousands(facts.trained.pairs)} pairs of ${thousands(facts.trained.prompts)} prompts in ${basename(resolve(settings.dataset))}`
    : "";
  const made = `${thousands(step)} step${step === 1 ? "" : "s"} of ${settings.batchPairs} pairs`;
  return html`<h1>${nameOf(run)}</h1>
<p class="soft">PickScore, trained from ${settings.init}${data} · ${made}, ${duration(stepSeconds(run))} of training steps${best && best.step > 0 ? ` · the model of step ${thousands(best.step)} was best` : ""}</p>
${simulatedNote(facts, verdict)}
${finished ? "" : html`<p class="note"><strong>This run is not finished.</strong> It has made ${step} of ${settings.steps} steps; go on with pickapic train --resume ${run.folder}.</p>`}
${finished ? html`<p class="note"><strong>${verdictText(verdict, settings.init)}</strong>${verdict.startKept ? " Only the temperature may have changed. Collect more answers, or train less (--train image-head, a lower learning rate)." : ""}</p>` : ""}
${recipe ? html`<p class="soft">${recipe.reason}</p>` : ""}
${gaps.map((gap) => html`<p class="note">${gap}</p>`)}
<div class="cards">${headCards(run, largestOutcome(outcome), verdict)}</div>`;
}

function simulatedNote(facts: DatasetFacts | null, { verdict }: RunVerdict): Html | string {
  if (!facts || (facts.simulated === 0 && !facts.toyPictures)) return "";
  const who = [facts.simulated > 0 ? "People" : "", facts.toyPictures ? "pictures" : ""].filter(Boolean).join(" and ");
  const share =
    facts.simulated > 0 && facts.simulated < facts.rankings
      ? ` ${thousands(facts.simulated)} of the ${thousands(facts.rankings)} answers were given by simulated people.`
      : "";
  return html`<p class="note"><strong>${who.slice(0, 1).toUpperCase() + who.slice(1)} are simulated (toy world).</strong>${share} ${verdict === "better" ? "The figures show that training works in it; they say" : "The figures say"} nothing about
real models or real people.</p>`;
}

/** s, of the steps themselves: without reading, validating and saving */
const stepSeconds = ({ metrics }: SavedRun): number =>
  metrics.reduce((sum, each) => sum + ("seconds" in each ? each.seconds : 0), 0);

/** Accuracy and difference are those of the verdict, so that the cards and the sentence above them rest on the same pairs. */
function headCards(run: SavedRun, outcome: SplitOutcome | null, verdict: RunVerdict): Html[] {
  const compared = outcome?.withoutTies;
  if (!outcome || !compared) return [figureCard(thousands(run.record.step), "steps; there were no pairs to measure on")];
  if (verdict.after === null)
    return [figureCard("too few", `${tooFew(verdict.examples, "pairs with a winner that had no influence on training")}`)];
  const { error } = outcome.reliability.after;
  const on = `${thousands(outcome.pairs)} ${outcome.split} pairs`;
  return [
    figureCard(
      percent(verdict.after),
      `of ${thousands(verdict.examples)} pairs with a winner predicted (${verdictPairs(verdict)}); ${percent(verdict.before)} before`,
    ),
    figureCard(
      points(verdict.difference),
      `points against the model before training (${intervalText(verdict.interval, (each) => range(each, points))}), on the same pairs`,
    ),
    figureCard(percent(error), `calibration error on ${on}, ${percent(outcome.reliability.before.error)} before`),
    figureCard(
      outcome.logLoss.after.toFixed(3),
      `log loss in nats on ${on}, ${outcome.logLoss.before.toFixed(3)} before; a guess has 0.693`,
    ),
  ];
}

/** An interval for a card, or that there is none; the section below says why. */
const intervalText = (interval: Interval | null, show: (interval: Interval) => string): string =>
  interval === null ? "no interval" : show(interval);

function accuracySection(outcome: Outcome): Html {
  const { test, validation } = outcome;
  const rows = [...(test ? comparisonsOf(test) : []), ...(validation ? comparisonsOf(validation) : [])];
  if (rows.length === 0)
    return html`<h2>Before and after</h2><p>The dataset has neither validation nor test pairs with a winner: collect choices for more prompts to see what training changes.</p>`;
  const drawn = rows.flatMap(({ compared: { before, after } }) => [...(before.interval ?? []), ...(after.interval ?? [])]);
  const domain = [Math.min(0.45, ...drawn) - 0.01, Math.max(0.6, ...drawn) + 0.01] as const;
  return html`<h2>Before and after</h2>
<p>The same pairs judged by the model that training started from and by the trained one. ${flips(itemAt(rows, 0).compared)}
${chosenText(validation, test)}</p>
<div class="row">${rows.map(
    ({ name, compared }) =>
      html`<figure><figcaption><b>${name}</b>, ${thousands(compared.examples)} pairs</figcaption>${accuracyPlot(compared, domain)}</figure>`,
  )}</div>
<p class="soft">Lines are 95 % intervals; the dashed line is a coin. The two kinds of accuracy are different numbers of the same answers.</p>
<div class="scroll"><table><tr><th>pairs</th><th>n</th><th>before</th><th>after</th><th>difference in pairs, points</th></tr>
${rows.map(
  ({
    name,
    compared: { examples, before, after, difference, interval },
  }) => html`<tr><td>${name}</td><td>${thousands(examples)}</td>
<td>${percent(before.accuracy)} <span class="soft">(${percentRange(before.interval)})</span></td><td>${percent(after.accuracy)} <span class="soft">(${percentRange(after.interval)})</span></td>
<td>${points(difference)} <span class="soft">(${range(interval, points)})</span></td></tr>`,
)}
</table></div>
${outcomeGaps(outcome).map((gap) => html`<p class="note">${gap}</p>`)}<details><summary>How these figures are made</summary>${rows.map(({ name, compared }) => html`<p class="soft"><b>${name}</b>: ${compared.protocol}.</p>`)}</details>`;
}

function chosenText(validation: SplitOutcome | null, test: SplitOutcome | null): string {
  if (!validation) return "";
  const held = test ? `; the ${test.split} pairs had no part in training` : "";
  if (validation.split.endsWith("cross-fitted"))
    return `Each cross-fitted pair is judged by a model that was not trained on its prompt${held}.`;
  return `The ${validation.split} pairs also chose the checkpoint, so what they say of it is a little too good${held}.`;
}

function accuracyPlot({ before, after }: Comparison, domain: Interval): Html {
  const rows = [
    { name: "before", share: before.accuracy, interval: before.interval },
    { name: "after", share: after.accuracy, interval: after.interval, ours: true },
  ];
  return intervalPlot(rows, { label: "accuracy, % →", reference: 0.5, domain, width: 300, marginLeft: 52 });
}

function comparisonsOf({ split, withoutTies, tieAware }: SplitOutcome): { name: string; compared: Comparison }[] {
  return [
    ...(withoutTies ? [{ name: `${split}, without ties`, compared: withoutTies }] : []),
    ...(tieAware ? [{ name: `${split}, tie-aware`, compared: tieAware }] : []),
  ];
}

function flips({ gained, lost, examples }: Comparison): string {
  return `Of ${thousands(examples)} pairs with a winner, training turned ${gained} from wrong to right and ${lost} from right to wrong.`;
}

function learningSection({ metrics, settings }: SavedRun): Html {
  const all: readonly TrainingPoint[] = metrics;
  const plots = [
    ["Loss of each step (thick: running mean)", curvePlot(all, { label: "loss, nats", of: ({ loss }) => loss, noisy: true })],
    [`Accuracy on ${accuracyPairs(settings.validationSplit)}, ties left out`, accuracyCurve(all)],
    ["Learning rate", curvePlot(all, { label: "learning rate", of: ({ learningRate }) => learningRate, format: exponent })],
    [
      `Gradient norm${settings.clipNorm > 0 ? " (dashed: where it is clipped)" : ""}`,
      curvePlot(all, {
        label: "L2 norm",
        of: ({ gradientNorm }) => gradientNorm,
        noisy: true,
        reference: settings.clipNorm || undefined,
      }),
    ],
  ] as const;
  return html`<h2>While it learned</h2>
<div class="row two">${plots.map(([caption, plot]) => html`<figure><figcaption>${caption}</figcaption>${plot}</figure>`)}</div>`;
}

/** The pairs that chose the step, by the setting of the run. */
const accuracyPairs = (split: unknown): string =>
  split === "cross-fitted" ? "training pairs by models that did not see their prompts" : String(split ?? "validation");

const exponent = (value: number): string => (value === 0 ? "0" : value.toExponential());

function reliabilitySection(outcome: SplitOutcome | null): Html | null {
  if (!outcome || outcome.pairs === 0) return null;
  const few = tooFew(outcome.pairs, "pairs");
  if (few !== null)
    return html`<h2>Does it know how sure it can be?</h2>
<p class="note">That cannot be told from the ${outcome.split} pairs: ${few}.</p>`;
  const { before, after, chance } = outcome.reliability;
  const figures = [
    ["Before", before, chance.before],
    ["After", after, chance.after],
  ] as const;
  return html`<h2>Does it know how sure it can be?</h2>
<p>Each pair from the side of the image that the model likes better: where it is 80 % sure, 80 % of the people should agree. Points below the dashed line are too sure, points above it not sure enough.
A tie counts as half; below each point stands its number of pairs. On ${thousands(outcome.pairs)} ${outcome.split} pairs even an honest model shows some error by chance; the figures say how much.</p>
<div class="row">${figures.map(
    ([
      name,
      { error },
      byChance,
    ]) => html`<figure><figcaption><b>${name}</b>: calibration error ${percent(error)} (by chance alone ${percent(byChance)})</figcaption>
${reliabilityPlot(name === "Before" ? before : after)}</figure>`,
  )}</div>
<p class="soft">Bins of 10 points; dots stand at their mean, lines are Wilson's 95 % intervals, clustered by prompt where a prompt has several pairs (a little too wide where a bin has few prompts); the numbers below are pairs.</p>`;
}

function mistakeSection(mistakes: RunReport["mistakes"], outcome: SplitOutcome | null): Html | null {
  if (!outcome || mistakes.length === 0) return null;
  return html`<h2>What it gets most wrong</h2>
<p>The ${outcome.split} pairs on which the trained model is surest and people disagree. The frame marks the image that was preferred; the figures are the model's probabilities. Some are its mistakes, some are
people's, and some are questions of taste.</p>
<div class="pairs">${mistakes.map(({ pair, preferred, probability, before, pictures }) => {
    const side = (image: 0 | 1) => ({
      image: pictures[image],
      alt: preferred === image ? "the preferred image" : "the other image",
      chosen: preferred === image,
      said: preferred === image ? html`preferred · <b class="wrong">${percent(probability)}</b>` : percent(1 - probability),
    });
    return pairCard(pair.caption, [side(0), side(1)], `before training: ${percent(before)} for the preferred image`);
  })}</div>`;
}

function curveSection({ split, examples, protocol, before, points: all, reasons }: Curve): Html {
  const accuracies = all.flatMap(({ pairs, accuracy, interval }): DataPoint[] => {
    return accuracy === null || interval === null ? [] : [{ pairs, value: 100 * accuracy, interval: inPercent(interval) }];
  });
  const losses = all.map(({ pairs, logLoss }) => ({ pairs, value: logLoss }));
  return html`<h2>Would more data help?</h2>
<p>The same training on shares of the prompts, all measured on the same ${thousands(examples)} ${split} pairs with a winner. ${reading(all)}</p>
<div class="row two"><figure><figcaption>Accuracy with 95 % intervals; dashed: before training</figcaption>${dataSizePlot(accuracies, { label: "↑ without ties, %", reference: 100 * (before.accuracy ?? 0.5) })}</figure>
<figure><figcaption>Log loss, the smaller the better; dashed: a guess</figcaption>${dataSizePlot(losses, { label: "↑ nats", reference: Math.LN2 })}</figure></div>
<div class="scroll"><table><tr><th>share of the prompts</th><th>prompts</th><th>pairs</th><th>accuracy</th><th>95 % interval</th><th>log loss</th><th>all prompts are better by, points</th></tr>
<tr><td>before training</td><td></td><td></td><td>${percent(before.accuracy)}</td><td>${percentRange(before.interval)}</td><td>${before.logLoss.toFixed(3)}</td><td></td></tr>
${all.map(
  ({ share, prompts, pairs, accuracy, interval, logLoss, toAll }) =>
    html`<tr class="${toAll ? "" : "ours"}"><td>${roundPercent(share)}</td><td>${thousands(prompts)}</td><td>${thousands(pairs)}</td><td>${percent(accuracy)}</td><td>${percentRange(interval)}</td><td>${logLoss.toFixed(3)}</td><td>${toAll ? `${points(toAll.difference)} (${range(toAll.interval, points)})` : ""}</td></tr>`,
)}
</table></div>
${reasons.map((reason) => html`<p class="note">Figures are missing: ${reason}.</p>`)}<details><summary>How these figures are made</summary><p class="soft">${protocol}; differences by paired percentile bootstrap.</p></details>`;
}

const inPercent = ([low, high]: Interval): Interval => [100 * low, 100 * high];

/** Says what the last step of the curve shows. */
function reading(all: Curve["points"]): string {
  const last = all.findLast(({ toAll }) => toAll !== null);
  if (!last?.toAll) return "";
  const { difference, interval } = last.toAll;
  const said = `From ${roundPercent(last.share)} of the prompts to all of them the accuracy changes by ${points(difference)} points (${range(interval, points)})`;
  if (interval === null) return `${said}: these pairs are too few to tell whether more would help.`;
  if (interval[0] > 0) return `${said}: more data of this kind will probably help.`;
  if (interval[1] < 0) return `${said}: more data of this kind did not help here.`;
  return `${said}: these pairs are too few to tell whether more would help.`;
}
