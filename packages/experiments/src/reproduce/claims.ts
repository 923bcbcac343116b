/** @file The paper's claims, one line each: what the paper says, what was measured here, and whether that holds. */
import type { Interval } from "@pickapic/evaluation";
import { COLOUR_SHARPNESS } from "@pickapic/pickscore/scorers";
import { roundPercent } from "@pickapic/report/figures";
import { FRECHET } from "../measure/promptSets/promptSetOrders.ts";
import type { JudgedSet, PromptSetReport } from "../measure/promptSets/promptSets.ts";
import type { RankingReport } from "../measure/ranking.ts";
import { type Claim, claim, type Figure, type Stated } from "./claim.ts";
import { LIMITS } from "./claimLimits.ts";
import type { Reproduction } from "./reproduce.ts";
import { MORE_GUIDANCE, SETS } from "./steps/promptSets.ts";
import type { AccuracyFacts } from "./steps/step.ts";

/** Every claim, in the order of the paper. */
export function claimsOf(made: Reproduction): Claim[] {
  return [...trainingClaims(made), ...scorerClaims(made), ...modelClaims(made), ...promptSetClaims(made), ...pickClaims(made)];
}

const ofDifference = ({ difference, interval, reason }: { difference: number | null } & Omit<Figure, "value">): Figure => ({
  value: difference,
  interval,
  reason: reason ?? null,
});

function trainingClaims({ results }: Reproduction): Claim[] {
  const { negatives } = results;
  const sizes = results["data-size"];
  const smallest = sizes?.[0];
  return [
    claim(
      {
        section: 4,
        says: "In-batch negatives lower the accuracy.",
        paper: "70.5 → 65.2 %",
        measured: "pickscore − the same with in-batch negatives",
        unit: "points",
      },
      "negatives",
      negatives ? ofDifference(negatives.behind) : null,
      "above",
    ),
    claim(
      {
        section: 4,
        says: "More choices make a better scorer.",
        paper: "no figure",
        measured: `pickscore − the same on ${smallest ? roundPercent(shareOfName(smallest.name)) : "a share"} of the prompts`,
        unit: "points",
      },
      "data-size",
      smallest ? ofDifference(smallest.behind) : null,
      "above",
    ),
  ];
}

/** "share-0.125" as 0.125. */
const shareOfName = (name: string): number => Number(name.replace("share-", ""));

function scorerClaims({ results: { accuracy } }: Reproduction): Claim[] {
  const to = (name: AccuracyFacts["differences"][number]["to"]) => {
    const found = accuracy?.differences.find((each) => each.to === name);
    return found ? ofDifference(found) : null;
  };
  const stated = (says: string, paper: string, other: string): Stated => ({
    ...{ section: 5, says, paper, unit: "points" },
    measured: `pickscore − ${other}, same examples`,
  });
  return [
    claim(
      stated("PickScore predicts people better than experts do.", "70.5 and 68.0 %", "experts"),
      "accuracy",
      to("experts"),
      "above",
    ),
    claim(
      stated("It predicts them better than the CLIP that it starts from.", "70.5 and 60.8 %", "clip-toy"),
      "accuracy",
      to("clip-toy"),
      "above",
    ),
    claim(
      stated("It predicts them better than an aesthetic score.", "70.5 and 56.8 %", COLOUR_SHARPNESS),
      "accuracy",
      to(COLOUR_SHARPNESS),
      "above",
    ),
  ];
}

function modelClaims({ results: { models } }: Reproduction): Claim[] {
  const ours = models?.report.judges.find(({ judge }) => judge === "pickscore");
  const agreement: Figure | null = ours
    ? {
        value: ours.agreement.spearman.value,
        interval: intervalOf(ours.agreement.spearman),
        reason: ours.agreement.spearman.reason,
      }
    : null;
  const count = models ? `${models.configurations} configurations, from ${models.report.rankings} answers` : "configurations";
  return [
    claim(
      {
        section: 6,
        says: "Ratings by PickScore order models as people's ratings do.",
        paper: "Elo 0.790 ± 0.054, 45 configurations",
        measured: `Spearman of the ratings (Bradley-Terry), ${count}`,
        unit: "correlation",
      },
      "models",
      agreement,
      "above",
    ),
    claim(
      {
        section: 6,
        says: "They do so better than ratings by CLIP.",
        paper: "0.790 against 0.313",
        measured: `Spearman of Elo ratings, pickscore − clip-toy, ${count}`,
        unit: "correlation",
      },
      "models",
      models ? (models.lead ?? { value: null, interval: null, reason: ours?.reason ?? "no correlation" }) : null,
      "above",
    ),
  ];
}

const intervalOf = ({ low, high }: { low: number | null; high: number | null }): Interval | null =>
  low === null || high === null ? null : [low, high];

/** What was measured of a judge on a set. */
function judgedIn(report: PromptSetReport | undefined, set: string, judge: string): JudgedSet | undefined {
  return report?.sets.find(({ name }) => name === set)?.judges.find((each) => each.judge === judge);
}

function promptSetClaims({ results: { prompts } }: Reproduction): Claim[] {
  const on = (judge: string) => judgedIn(prompts, SETS.captions, judge);
  const guidance = (judge: string): Figure | null => on(judge)?.contrasts.find(({ name }) => name === MORE_GUIDANCE) ?? null;
  const lead = prompts?.againstDistance.find(({ judge, set }) => judge === "pickscore" && set === SETS.captions);
  const sets = prompts?.comparisons.find(({ judge }) => judge === "pickscore");
  const count = prompts ? `${prompts.configurations.length} configurations` : "configurations";
  const rows: readonly PromptSetRow[] = [
    {
      says: "On captions, PickScore orders configurations as experts do.",
      paper: "0.917, 9 configurations",
      measured: "Spearman of win ratios, pickscore and experts",
      figure: on("pickscore")?.withPeople,
    },
    {
      says: "The Fréchet distance orders them against the experts.",
      paper: "−0.900",
      measured: "Spearman of minus the distance and the experts' win ratios",
      figure: on(FRECHET)?.withPeople,
      side: "below",
      limit: LIMITS.distance,
    },
    {
      says: "PickScore agrees with experts more than the Fréchet distance does.",
      paper: "0.917 against −0.900",
      measured: "difference of the two correlations",
      figure: lead?.difference,
      limit: LIMITS.lead,
    },
    {
      says: "People like high guidance.",
      paper: "no figure",
      measured: "experts' win ratio at guidance 9 − at 3",
      figure: guidance("people"),
      unit: "points",
    },
    {
      says: "The Fréchet distance punishes high guidance.",
      paper: "no figure",
      measured: "distance at guidance 9 − at 3",
      figure: guidance(FRECHET),
      unit: "distance",
      limit: LIMITS.distance,
    },
    {
      says: "Users' prompts order models more as people in real use do than captions.",
      paper: "recommended",
      measured: "Spearman with real use by pickscore, users' prompts − captions",
      figure: sets?.difference,
      limit: LIMITS.prompts,
    },
  ];
  return rows.map(({ figure = null, measured, side = "above", ...stated }) =>
    claim({ section: 6, unit: "correlation", ...stated, measured: `${measured}, ${count}` }, "prompts", figure, side),
  );
}

/** A claim about sets of prompts; its figure is missing when the step was left out. */
type PromptSetRow = Omit<Stated, "section" | "unit"> &
  Partial<Pick<Stated, "unit">> & { readonly figure: Figure | null | undefined; readonly side?: "above" | "below" };

/** The four baselines of the paper, with its figures. */
const BASELINES = [
  ["a random seed with the bare prompt", "random seed, bare prompt", "71.4 %"],
  ["a random seed with a random template", "random seed, random template", "82.0 %"],
  ["the pick of an aesthetic score", `the pick of ${COLOUR_SHARPNESS}`, "85.1 %"],
  ["the pick of CLIP", "the pick of clip-toy", "71.3 %"],
] as const;

function pickClaims({ results, settings }: Reproduction): Claim[] {
  const { ranking, "best-of": best } = results;
  const preferred = (report: RankingReport | undefined, baseline: string, audience: "people" | "experts"): Figure | null =>
    report?.picks.find(({ picker }) => picker === "pickscore")?.against.find((duel) => duel.baseline === baseline)?.[audience]
      .preferred ?? null;
  const n = settings.ranking.n;
  return [
    ...BASELINES.map(([name, baseline, paper]) =>
      claim(
        {
          section: 7,
          says: `Experts prefer PickScore's pick to ${name}.`,
          paper,
          measured: `best of ${n} preferred by experts`,
          unit: "share",
        },
        "ranking",
        preferred(ranking?.report, baseline, "experts"),
        "above",
        0.5,
      ),
    ),
    claim(
      {
        section: 7,
        says: "Authors prefer the best of a few images as the app draws them to a random one.",
        paper: "no figure",
        measured: `best of ${settings.best.n} preferred by authors`,
        unit: "share",
      },
      "best-of",
      preferred(best?.report, "random seed, bare prompt", "people"),
      "above",
      0.5,
    ),
  ];
}
