/** @file The report of a reproduction: one HTML file that needs no other. */
import { shareOf } from "@pickapic/evaluation";
import { figureCard, page, timePlot } from "@pickapic/report";
import { duration, percent, percentRange, thousands } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import type { Claim } from "./claim.ts";
import { claimsOf } from "./claims.ts";
import { figureText, intervalText } from "./claimText.ts";
import { exampleCards, pickCards } from "./examples.ts";
import { accuracySection, trainingSection, variantSection } from "./page/accuracy.ts";
import { modelSection, promptSetSection } from "./page/models.ts";
import { bestSection, exampleSection, rankingSection } from "./page/pictures.ts";
import type { Reproduction } from "./reproduce.ts";
import { missingFigures } from "./rows.ts";
import { SCORERS } from "./steps/step.ts";
import { STEP_NAMES, STEPS } from "./steps.ts";

/** Returns the whole page; what was not measured is not on it. The example images are drawn again, larger than they were collected. */
export async function writeReport(result: Reproduction): Promise<string> {
  const { results } = result;
  const [examples, picks] = [await exampleCards(result), await pickCards(results["best-of"]?.shown ?? [])];
  const sections = [
    head(result),
    claimSection(claimsOf(result)),
    trainingSection(result),
    accuracySection(result),
    variantSection(result),
    modelSection(result),
    promptSetSection(result),
    rankingSection(result),
    bestSection(result, picks),
    exampleSection(examples),
    howSection(result),
  ];
  return page(`Pick-a-Pic in the toy world, seed ${result.settings.seed}`, sections);
}

/** A share for a card, or that there are too few examples for one; a note below the cards says how many. */
const cardShare = (share: number | null): string => (share === null ? "too few" : percent(share));

function head(result: Reproduction): Html {
  const { settings, results, seconds } = result;
  const { dataset, accuracy, "best-of": best } = results;
  const ours = accuracy?.scorers[SCORERS.indexOf("pickscore")];
  const preferred = best?.report.picks.find(({ picker }) => picker === "pickscore")?.against[0]?.people.preferred;
  const counted = dataset?.collected;
  return html`<h1>Pick-a-Pic in the toy world</h1>
<p class="soft">Kirstain et al. 2023, arXiv 2305.01569, repeated · seed ${settings.seed} · ${duration(seconds)} on this machine</p>
<p class="note"><strong>People and pictures are simulated.</strong> Four invented generators draw captions with emoji, and simulated people with a hidden taste choose
between two pictures. The figures show that the method works from end to end; they say nothing about real models or real people.</p>
<div class="cards">
${counted ? figureCard(thousands(counted.rankings), `answers of ${thousands(counted.people)} people to ${thousands(counted.prompts)} prompts`) : ""}
${counted ? figureCard(cardShare(shareOf(counted.ties, counted.rankings).value), "of the answers are ties (paper: 11 to 14 %)") : ""}
${ours ? figureCard(cardShare(ours.accuracy), `of test_unique predicted by pickscore (${percentRange(ours.interval)})`) : ""}
${preferred ? figureCard(cardShare(preferred.value), `prefer its best of ${settings.best.n} to a random picture (${percentRange(preferred.interval)})`) : ""}
</div>
${missingFigures(result).map((sentence) => html`<p class="note">${sentence}</p>`)}`;
}

const SECTIONS = { 4: "Training", 5: "Measuring a scorer", 6: "Measuring models", 7: "Better images" } as const;

function claimSection(claims: readonly Claim[]): Html {
  const count = (verdict: Claim["verdict"]) => claims.filter((claim) => claim.verdict === verdict).length;
  return html`<h2>What the paper says, and what holds here</h2>
<p>${count("held")} of ${claims.length} claims hold. Not shown: ${count("not shown")}; opposite: ${count("opposite")}; not measured: ${count("not measured")}.
A claim <b class="right">holds</b> when the whole 95 % interval is on the side that it says. It is <b>not shown</b> when the interval has both sides: more prompts might show it. The <b class="wrong">opposite</b> is shown when the whole interval is on the other side.
Four claims depend on how real generators and real captions are, and the toy world is not like them in this: the line below each says why, and what to think of its figure.</p>
<div class="scroll"><table class="claims"><tr><th class="words">claim</th><th>here</th><th>figure</th><th>95 % interval</th><th class="words">paper, real people</th><th class="words">what was measured here</th></tr>
${claims.map((claim, i) => html`${claim.section === claims[i - 1]?.section ? "" : html`<tr class="group"><th colspan="6">${SECTIONS[claim.section]}</th></tr>`}${claimRow(claim, claims.slice(0, i))}`)}
</table></div>`;
}

function claimRow(
  { says, paper, measured, unit, value, interval, verdict, reason, limit }: Claim,
  above: readonly Claim[],
): Html {
  const mark = { held: "right", opposite: "wrong", "not shown": "", "not measured": "soft" }[verdict];
  return html`<tr><td class="words claim">${says}</td><td><b class="${mark}">${verdict}</b></td><td>${figureText(unit, value)}</td><td>${intervalText(unit, interval)}</td><td class="words">${paper}</td><td class="words">${reason === null ? measured : `${measured}: ${reason}`}</td></tr>${limit === null ? "" : limitRow(limit, above)}`;
}

/** Why the toy world cannot show a claim: in full, unless a claim above has the same reason. */
function limitRow(limit: string, above: readonly Claim[]): Html {
  const told = above.find((other) => other.limit === limit);
  const why = told ? `The toy world cannot show this, for the reason told at “${told.says}”` : limit;
  return html`<tr><td colspan="6" class="words">${why}</td></tr>`;
}

function howSection({ settings, steps, results }: Reproduction): Html {
  const { training, out: _out, ...flat } = settings;
  const shown = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const all = Object.entries({ ...flat, ...training });
  const left = STEP_NAMES.filter((step) => !steps.some((made) => made.step === step)).map((step) => STEPS[step].title);
  const splits = Object.entries(results.dataset?.splits ?? {}).map(([split, rows]) => `${split} ${thousands(rows)}`);
  return html`<h2>How it was made</h2>
<figure><figcaption>Time of each step</figcaption>${timePlot(
    steps.map(({ title, seconds }) => ({ phase: title, seconds })),
    330,
  )}</figure>
<p>Dataset: ${splits.join(", ")} rankings. ${left.length > 0 ? `Left out: ${left.join("; ")}.` : "Every step was made."} All settings:</p>
<dl>${all.map(([name, value]) => html`<dt>${name}</dt><dd>${shown(value)}</dd>`)}</dl>`;
}
