/**
 * @file The ranking experiment in the toy world (section 7 of the paper): each scorer's pick of n images against the paper's
 * baselines, judged by simulated people and experts.
 */
import { drawSeed, type Random, randomFor } from "@pickapic/chance";
import { type Estimate, meanOf, tooFew } from "@pickapic/evaluation";
import { checkPatience, isEnough } from "@pickapic/generation";
import { closeScorers, type NamedScorerOptions, openNamedScorers } from "@pickapic/pickscore/scorers";
import { counted } from "@pickapic/report/figures";
import { ExperimentError } from "../errors.ts";
import type { ProgressReport } from "../progress.ts";
import { sideBySide } from "../sideBySide.ts";
import { countFailures, MOST_FAILED, type ScorerFailures } from "./failures.ts";
import type { Judge } from "./pairs.ts";
import { curveOf, type RankingCurve } from "./rankingCurve.ts";
import {
  type Audience,
  type LowerBound,
  type Outcome,
  playRound,
  type RankingRound,
  type RoundSettings,
  referencesOf,
} from "./rankingRound.ts";

/** What is measured. The same settings give the same images and people. */
export interface RankingSettings extends RoundSettings {
  seed: number;
  prompts: number;
  /** Scorers whose picks are measured. */
  scorers: readonly string[];
  /** Scorers whose picks are baselines. */
  against: readonly string[];
  /** Scorers whose lower bound picks as well. With `pessimism` and none, each of `scorers` has a lower bound over changed copies of the images. */
  ensemble: readonly string[];
  /** Standard deviations below the mean of a lower bound; null: no lower bound. */
  pessimism: number | null;
  /** Expected gain below which no further image would be made, a probability; null: all n are made. */
  patience: number | null;
  /** Share of the prompts that may be left out because one of their images has no score, 0...1; default 0.05. */
  mostFailed?: number | undefined;
}

/** How often the pick is preferred to a baseline. */
export interface Preference {
  /** Share of the judgements, 0...1, ties counted half, with an interval over prompts. */
  preferred: Estimate;
  /** Judgements that are ties, without those of `same`. */
  ties: number;
  /** Judgements in which pick and baseline are one image; each counts as a tie. */
  same: number;
}

/** A pick against a baseline. */
export interface Duel extends Readonly<Record<Audience, Preference>> {
  baseline: string;
}

/** How one way to pick fared. */
export interface PickReport {
  /** Such as "pickscore-toy", "lower bound of pickscore-toy" or "pickscore-toy with patience". */
  picker: string;
  /** Mean number of images that it needs to see. */
  images: number;
  against: Duel[];
}

/** Everything that the experiment measured. */
export interface RankingReport {
  simulated: true;
  settings: Omit<RankingSettings, "templates" | "mostFailed"> & { templates: string[] };
  /** Prompts that were left out, because one of their images has no score. */
  leftOut: number;
  failures: ScorerFailures[];
  picks: PickReport[];
  /** One for each of the scorers, and for each lower bound. */
  curves: RankingCurve[];
  /** One line that says how the figures were made. */
  protocol: string;
}

/** Progress is counted in prompts; aborting `signal` ends the experiment with its reason. */
export interface RankingEffects {
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
  /** Called at the end for each prompt, in order. */
  onRound?: (round: RankingRound) => void;
}

/** Prompts worked on at the same time: the next images are drawn while these are scored. */
const AT_ONCE = 3;

/**
 * Opens the scorers, measures, and closes them. No scorer is opened and no image drawn when there would be too few judgements for a share.
 * @throws ExperimentError PICKAPIC_CLI_TOO_FEW_JUDGEMENTS; those of `measureRanking`
 */
export async function rankingOfScorers(
  settings: RankingSettings & NamedScorerOptions & { seed: number },
  effects: RankingEffects,
): Promise<RankingReport> {
  if (settings.patience !== null) checkPatience(settings.patience);
  const few = tooFew(settings.prompts * settings.judges, "judgements");
  if (few !== null) throw new ExperimentError("PICKAPIC_CLI_TOO_FEW_JUDGEMENTS", settings.prompts, settings.judges, few);
  const names = [...new Set([...settings.scorers, ...settings.against, ...settings.ensemble])];
  const judges = await openNamedScorers(names, settings);
  try {
    const byName = new Map(
      judges.map((judge, i): [string, Judge] => {
        const name = names[i] ?? judge.name;
        return [name, { name, scorePairs: (pairs) => judge.scorePairs(pairs) }];
      }),
    );
    return await measureRanking(settings, byName, effects);
  } finally {
    await closeScorers(judges);
  }
}

/**
 * Draws n images for each prompt, lets everyone pick, and lets people and experts judge the picks.
 * @param judges by the names in the settings
 * @throws ExperimentError PICKAPIC_CLI_SCORES_MISSING when too many prompts have an image without a score
 */
export async function measureRanking(
  settings: RankingSettings,
  judges: ReadonlyMap<string, Judge>,
  { signal, onProgress, onRound }: RankingEffects,
): Promise<RankingReport> {
  const bounds = boundsOf(settings, judges);
  const seeds = randomFor("ranking", settings.seed);
  const promptSeeds = Array.from({ length: settings.prompts }, () => drawSeed(seeds));
  const scorers = { judges: [...judges.values()], bounds };
  const failures = countFailures(settings.mostFailed ?? MOST_FAILED, settings.prompts, {
    unit: "prompts",
    images: settings.n + 2,
  });
  const { onFailure } = failures;
  const played = await sideBySide(promptSeeds, (seed) => playRound(seed, settings, scorers, { signal, onFailure }), {
    atOnce: AT_ONCE,
    signal,
    onDone: (done) => onProgress({ done, total: settings.prompts, unit: "prompts" }),
  });
  const rounds = played.filter((round) => round !== null);
  failures.check("the experiment", settings.prompts, rounds.length);
  if (onRound) for (const round of rounds) onRound(round);
  const names = [...settings.scorers, ...bounds.map(({ name }) => name)];
  return {
    simulated: true,
    settings: flat(settings),
    leftOut: settings.prompts - rounds.length,
    failures: failures.summary(),
    picks: pickersOf(names, settings).map((picker) => pickReport(picker, rounds, settings)),
    curves: names.map((name) => curveOf(name, rounds, settings)),
    protocol: protocolOf(settings, bounds),
  };
}

/** The settings as they are printed: templates by name, and nothing of how scorers run. */
function flat({ templates, ...settings }: RankingSettings): RankingReport["settings"] {
  const { seed, prompts, n, model, guidance, size, judges, scorers, against, ensemble, pessimism, patience } = settings;
  const names = templates.map(({ name }) => name);
  return { seed, prompts, n, templates: names, model, guidance, size, judges, scorers, against, ensemble, pessimism, patience };
}

function boundsOf({ pessimism, ensemble, scorers }: RankingSettings, judges: ReadonlyMap<string, Judge>): LowerBound[] {
  if (pessimism === null) return [];
  const groups = ensemble.length > 0 ? [ensemble] : scorers.map((name) => [name]);
  return groups.map((names) => ({
    name: `lower bound of ${names.join(" and ")}`,
    members: names.flatMap((name) => judges.get(name) ?? []),
    deviations: pessimism,
  }));
}

/** A way to pick one of the images of a round. */
interface Picker {
  name: string;
  scorer: string;
  /** The pick, and how many of the images were needed, in the order in which they would be made. */
  pick(round: RankingRound): { index: number; made: number };
}

function pickersOf(names: readonly string[], { n, patience }: RankingSettings): Picker[] {
  const all = names.map((name): Picker => ({ name, scorer: name, pick: (round) => bestOfFirst(scoresIn(round, name), n) }));
  if (patience === null) return all;
  const patient = names.map(
    (name): Picker => ({
      name: `${name} with patience`,
      scorer: name,
      pick: (round) => bestOfFirst(scoresIn(round, name), neededOf(scoresIn(round, name).slice(0, n), patience)),
    }),
  );
  return [...all, ...patient];
}

const scoresIn = ({ scores }: RankingRound, name: string): readonly number[] => scores.get(name) ?? [];

function bestOfFirst(scores: readonly number[], made: number): { index: number; made: number } {
  let index = 0;
  for (let i = 1; i < made; i++) if ((scores[i] ?? 0) > (scores[index] ?? 0)) index = i;
  return { index, made };
}

/** How many images are made until one more is not expected to gain more than `patience`. */
function neededOf(scores: readonly number[], patience: number): number {
  const made: { score: number }[] = [];
  for (const score of scores) {
    made.push({ score });
    if (isEnough(made, patience)) break;
  }
  return made.length;
}

/** What a pick is compared with, as the index of an image. */
interface Baseline {
  name: string;
  index(round: RankingRound): number;
}

function baselinesOf(picker: Picker, { n, against }: RankingSettings): Baseline[] {
  const { bare, template } = referencesOf(n);
  const pickOf = (scorer: string, name: string): Baseline => ({
    name,
    index: (round) => bestOfFirst(scoresIn(round, scorer), n).index,
  });
  return [
    { name: "random seed, bare prompt", index: () => bare },
    { name: "random seed, random template", index: () => template },
    ...against.filter((name) => name !== picker.name).map((name) => pickOf(name, `the pick of ${name}`)),
    ...(picker.name === picker.scorer ? [] : [pickOf(picker.scorer, `its own pick of all ${n}`)]),
  ];
}

function pickReport(picker: Picker, rounds: readonly RankingRound[], settings: RankingSettings): PickReport {
  const picks = rounds.map((round) => picker.pick(round));
  return {
    picker: picker.name,
    images: picks.reduce((sum, { made }) => sum + made, 0) / rounds.length,
    against: baselinesOf(picker, settings).map((baseline) => {
      const pairs = rounds.map((round, i) => ({ round, pick: picks[i]?.index ?? 0, other: baseline.index(round) }));
      const random = () => randomFor("bootstrap", settings.seed);
      return {
        baseline: baseline.name,
        people: preferenceOf(pairs, "people", random()),
        experts: preferenceOf(pairs, "experts", random()),
      };
    }),
  };
}

function preferenceOf(
  pairs: readonly { round: RankingRound; pick: number; other: number }[],
  audience: Audience,
  random: Random,
): Preference {
  const judged = pairs.flatMap(({ round, pick, other }, i) =>
    round.viewers[audience].map((viewer): { outcome: Outcome; cluster: string; same: boolean } => ({
      outcome: viewer(pick, other),
      cluster: `${i}`,
      same: pick === other,
    })),
  );
  const same = judged.filter((each) => each.same).length;
  return {
    preferred: meanOf(
      judged.map(({ outcome }) => outcome),
      random,
      { unit: "judgements", clusters: judged.map(({ cluster }) => cluster) },
    ),
    ties: judged.filter(({ outcome }) => outcome === 0.5).length - same,
    same,
  };
}

function protocolOf(
  { prompts, n, templates, model, guidance, size, judges, seed }: RankingSettings,
  bounds: readonly LowerBound[],
): string {
  const made =
    model === null
      ? "generator and guidance drawn for each image"
      : `${counted(Math.ceil(n / templates.length), "seed")} x ${counted(templates.length, "template")}, ${model}, guidance ${guidance}`;
  const bound = bounds.map(({ members, deviations }) =>
    members.length === 1
      ? ` The lower bound is the mean minus ${deviations} x the standard deviation of a score over the image and four copies without 6 % at two edges.`
      : ` The lower bound is the mean minus ${deviations} x the standard deviation over the scorers, each reduced by its mean over the images of the prompt.`,
  );
  return `Toy world: ${prompts} prompts, ${n} images each (${made}, ${size} px), people and experts: ${judges} each per prompt; ties and equal picks count half; 95 % intervals over prompts; seed ${seed}.${bound[0] ?? ""}`;
}
