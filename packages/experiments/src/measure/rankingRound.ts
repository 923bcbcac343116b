/** @file One prompt of the ranking experiment: its images, their scores, and who looks at them. */
import { drawSeed, pick, type Random, randomFor, seeded } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { BARE, drawRequest, type GenerationRequest, type PromptTemplate, parsePrompt, planBestOf } from "@pickapic/generation";
import { expert, person, type SimulatedPerson, sampleCaption, toyBackend } from "@pickapic/toyworld";
import { paintAll } from "../collect.ts";
import type { Judge, JudgeFailure } from "./pairs.ts";
import { allOrNull, lowerBounds, perturbedScores } from "./pessimism.ts";

/** How the images of a prompt are made, and how many look at them. */
export interface RoundSettings {
  /** Number of images to pick from: seeds x templates, each seed under every template. */
  n: number;
  templates: readonly PromptTemplate[];
  /** Toy-world model of all images; null: model and guidance of each image are drawn as the app does, with the bare prompt. */
  model: string | null;
  /** Guidance of all images, if there is a model. */
  guidance: number;
  /** Side of the images, px. */
  size: number;
  /** Simulated people, and as many experts, who look at the images of each prompt. */
  judges: number;
}

/** Who judges: people who asked for the prompt and have an intent, and experts who have none. */
export const AUDIENCES = ["people", "experts"] as const;
/** Who judges. */
export type Audience = (typeof AUDIENCES)[number];

/** 1 when the first image is preferred, 0 when the second is, 0.5 for a tie. */
export type Outcome = 1 | 0.5 | 0;

/** A judge of a prompt. Images are named by their index; the same two images always get the same answer. */
export type Viewer = (first: number, second: number) => Outcome;

/** A prompt with everything that the experiment asks about it. */
export interface RankingRound {
  prompt: string;
  /** The requests of the n images and of the two references. */
  requests: readonly GenerationRequest[];
  /** Scores of the n images and of the two references, by the name of the scorer. */
  scores: ReadonlyMap<string, readonly number[]>;
  viewers: Readonly<Record<Audience, readonly Viewer[]>>;
}

/** The indices of the two images that are no candidates: a random seed with the bare prompt, and one with a random template. */
export const referencesOf = (n: number) => ({ bare: n, template: n + 1 });

/** A lower bound to add to the scores: over these scorers, or over changed copies of each image when there is only one. */
export interface LowerBound {
  name: string;
  members: readonly Judge[];
  /** Standard deviations below the mean. */
  deviations: number;
}

/**
 * Draws the images of one prompt, scores them, and invites the people. The same seed gives the same round.
 * @param onFailure called for each image without a score
 * @returns null when an image has no score, because there is no best of such images
 */
export async function playRound(
  seed: number,
  settings: RoundSettings,
  scorers: { judges: readonly Judge[]; bounds: readonly LowerBound[] },
  { signal, onFailure }: { signal: AbortSignal; onFailure: (failure: JudgeFailure) => void },
): Promise<RankingRound | null> {
  const random = randomFor("pictures", seed);
  const prompt = sampleCaption(random);
  const requests = planImages(settings, prompt, random);
  const images = [...(await paintAll(new Map(requests.entries()), { signal, onProgress() {} })).values()];
  const viewers = (make: (seed: number) => SimulatedPerson, audience: Audience) =>
    Array.from({ length: settings.judges }, (_, i) => viewerOf(make, `${audience} ${seed} ${i}`, prompt, requests));
  const scores = await scoresOf(prompt, images, scorers, onFailure);
  if (scores === null) return null;
  return {
    prompt,
    requests,
    scores,
    viewers: { people: viewers(person, "people"), experts: viewers(expert, "experts") },
  };
}

/** Plans n images, then the two references. */
function planImages(
  { n, templates, model, guidance, size }: RoundSettings,
  caption: string,
  random: Random,
): GenerationRequest[] {
  const [prompt, backend] = [parsePrompt(caption), toyBackend()];
  const sized = (request: GenerationRequest) => ({ ...request, width: size, height: size });
  if (model === null) return Array.from({ length: n + 2 }, () => sized(drawRequest(prompt, [backend], random)));
  const shared = { prompt, backend, model, random, guidanceScale: guidance };
  const plans = [
    ...planBestOf(n, { ...shared, templates }),
    ...planBestOf(1, { ...shared, templates: [BARE] }),
    ...planBestOf(1, { ...shared, templates: [pick(random, templates)] }),
  ];
  return plans.map(({ request }) => sized(request));
}

async function scoresOf(
  prompt: string,
  images: readonly Uint8Array[],
  { judges, bounds }: { judges: readonly Judge[]; bounds: readonly LowerBound[] },
  onFailure: (failure: JudgeFailure) => void,
): Promise<Map<string, readonly number[]> | null> {
  const ask: AskScores = (judge, asked) => finiteScores(judge, prompt, asked, onFailure);
  const scores = new Map<string, readonly number[]>();
  for (const [i, own] of (await Promise.all(judges.map((judge) => ask(judge, images)))).entries()) {
    if (own === null) return null;
    scores.set(itemAt(judges, i).name, own);
  }
  for (const { name, members, deviations } of bounds) {
    const all = await memberScores(members, images, scores, ask);
    if (all === null) return null;
    scores.set(name, lowerBounds(all, deviations));
  }
  return scores;
}

/** The scores of each member; of a single one, those of changed copies as well. Null when an image has none. */
async function memberScores(
  members: readonly Judge[],
  images: readonly Uint8Array[],
  known: ReadonlyMap<string, readonly number[]>,
  ask: AskScores,
): Promise<(readonly number[])[] | null> {
  const [only] = members;
  if (members.length === 1 && only) return perturbedScores((copies) => ask(only, copies), images);
  const all = await Promise.all(members.map(async (judge) => known.get(judge.name) ?? ask(judge, images)));
  return allOrNull(all);
}

type AskScores = (judge: Judge, images: readonly Uint8Array[]) => Promise<number[] | null>;

/** One finite score for each image; null when one has none, after each such image was told to `onFailure`. */
async function finiteScores(
  judge: Judge,
  prompt: string,
  images: readonly Uint8Array[],
  onFailure: (failure: JudgeFailure) => void,
): Promise<number[] | null> {
  const results = await judge.scorePairs(images.map((image) => ({ prompt, image })));
  const scores = images.map((_, i) => {
    const result = results[i];
    if (result && "score" in result && Number.isFinite(result.score)) return result.score;
    const came = result === undefined ? "none" : "score" in result ? `${result.score}` : null;
    const reason =
      came === null && result && "message" in result ? result.message : `${judge.name} gave no score: the score is ${came}.`;
    onFailure({ judge: judge.name, caption: prompt, uid: `${i + 1} of ${images.length}`, reason });
    return null;
  });
  return allOrNull(scores);
}

/** A judge of images made by these requests for `prompt`. The name decides who it is and how each answer falls. */
export function viewerOf(
  make: (seed: number) => SimulatedPerson,
  name: string,
  prompt: string,
  requests: readonly GenerationRequest[],
): Viewer {
  const viewer = make(drawSeed(seeded("viewer", name)));
  const utilities = requests.map((request) => viewer.utility(prompt, request));
  return (first, second) => {
    if (first === second) return 0.5;
    const random = seeded("comparison", name, first, second);
    const [one, other] = [utilities[first] ?? 0, utilities[second] ?? 0];
    const swap = random() < 0.5;
    const choice = swap ? viewer.decide(other, one, random) : viewer.decide(one, other, random);
    if (choice === "tie") return 0.5;
    return (choice === "left") === swap ? 0 : 1;
  };
}
