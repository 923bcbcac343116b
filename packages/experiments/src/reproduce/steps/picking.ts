/** @file Section 7 of the paper: the best of many images by each scorer, against random images and against the picks of other scorers. */
import { itemAt } from "@pickapic/errors";
import { promptTemplates } from "@pickapic/generation";
import { COLOUR_SHARPNESS, closeScorers } from "@pickapic/pickscore/scorers";
import type { Judge } from "../../measure/pairs.ts";
import { measureRanking, type RankingSettings } from "../../measure/ranking.ts";
import { type RankingRound, referencesOf } from "../../measure/rankingRound.ts";
import { openJudges } from "./data.ts";
import { type PickingFacts, SCORERS, type ShownPick, type StepContext } from "./step.ts";

/** Picks that the report shows. */
const SHOWN = 6;

/** The best of n images as the app draws them: each scorer's pick against one more random image. */
export function pickBest(context: StepContext): Promise<PickingFacts> {
  const { best, pictureSize } = context.settings;
  return pick(context, { ...best, model: null, size: pictureSize, scorers: [...SCORERS], against: [] });
}

/** The paper's experiment: one generator, seeds x templates, pickscore's pick against the four baselines. */
export function pickByTemplates(context: StepContext): Promise<PickingFacts> {
  const { ranking } = context.settings;
  // The scorers read pictures at 96 px.
  const images = { model: "toy-xl", size: 96 };
  return pick(context, { ...ranking, ...images, scorers: ["pickscore"], against: [COLOUR_SHARPNESS, "clip-toy"] });
}

type Varied = Pick<RankingSettings, "prompts" | "n" | "judges" | "model" | "size" | "scorers" | "against">;

async function pick(context: StepContext, varied: Varied): Promise<PickingFacts> {
  const { settings, signal, onProgress } = context;
  const fixed = { seed: settings.seed, guidance: 7.5, templates: promptTemplates, ensemble: [], pessimism: null, patience: null };
  const shown: ShownPick[] = [];
  const onRound = (round: RankingRound) => {
    if (shown.length < SHOWN) shown.push(shownPick(round, varied.n));
  };
  const scorers = await openJudges(context);
  try {
    const judges = new Map(
      SCORERS.map((name, i): [string, Judge] => [name, { name, scorePairs: (pairs) => itemAt(scorers, i).scorePairs(pairs) }]),
    );
    return { report: await measureRanking({ ...fixed, ...varied }, judges, { signal, onProgress, onRound }), shown };
  } finally {
    await closeScorers(scorers);
  }
}

function shownPick({ prompt, requests, scores, viewers }: RankingRound, n: number): ShownPick {
  const ours = (scores.get("pickscore") ?? []).slice(0, n);
  const best = ours.indexOf(Math.max(...ours));
  const { bare } = referencesOf(n);
  const outcome = itemAt(viewers.people, 0)(best, bare);
  return { prompt, random: itemAt(requests, bare), pick: itemAt(requests, best), outcome };
}
