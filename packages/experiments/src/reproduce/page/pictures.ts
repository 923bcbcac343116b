/** @file The sections of the report about picking, with pictures. */
import { itemAt } from "@pickapic/errors";
import { intervalPlot, pairCard } from "@pickapic/report";
import { percent } from "@pickapic/report/figures";
import { type Html, html } from "@pickapic/report/html";
import { curveSection, pickSection } from "../../measure/rankingPage.ts";
import type { ExampleCard, PickCard } from "../examples.ts";
import type { Reproduction } from "../reproduce.ts";
import { domainOf, NOTHING } from "./accuracy.ts";

/** The paper's experiment: seeds x templates, four baselines, the curve over n. */
export function rankingSection({ results: { ranking }, settings }: Reproduction): Html {
  if (!ranking) return NOTHING;
  const { report } = ranking;
  return html`<h2>Better pictures by ranking: the best of ${settings.ranking.n}</h2>
<p>In the paper, experts prefer PickScore's pick to a random seed with the bare prompt in 71.4 %, to a random seed with a random template in 82.0 %, to the aesthetic predictor's pick in 85.1 % and to CLIP-H's pick in 71.3 %
of the comparisons. At 50 % a pick is no better.</p>
${report.picks.map(pickSection)}
${report.curves.map((curve) => curveSection(curve, report.settings.n))}
<p class="soft">${report.protocol}</p>`;
}

/** Picking as the app draws images, by each scorer, with the first picks of pickscore. */
export function bestSection({ results, settings }: Reproduction, cards: readonly PickCard[]): Html {
  const best = results["best-of"];
  if (!best) return NOTHING;
  const rows = best.report.picks.map(({ picker, against }) => {
    const { value, interval } = itemAt(against, 0).people.preferred;
    return { name: picker, share: value, interval, ours: picker === "pickscore" };
  });
  const { n, prompts, judges } = settings.best;
  return html`<h2>Picking the best of ${n} as the app draws them</h2>
<p>For each of ${prompts} new prompts, ${n} pictures are drawn as the app draws them, each by a generator and at a guidance of its own; each scorer picks one; ${judges} simulated people who had no part in the dataset compare it with one more, random picture. Ties count half.</p>
<figure><figcaption>How often the pick is preferred to a random picture, with 95 % intervals over prompts</figcaption>
${intervalPlot(rows, { label: "preferred, % →", reference: 0.5, domain: domainOf(rows, [0.45, 0.95]) })}</figure>
<div class="pairs">${cards.map(({ caption, random, pick, outcome }) =>
    pairCard(caption, [
      { image: random, alt: "a random picture", chosen: outcome === 0, said: "random" },
      { image: pick, alt: "the pick", chosen: outcome === 1, said: `best of ${n}` },
    ]),
  )}</div>`;
}

/** Examples that pickscore gets right and wrong. */
export function exampleSection(cards: readonly ExampleCard[]): Html {
  if (cards.length === 0) return NOTHING;
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
