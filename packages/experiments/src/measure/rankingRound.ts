/** @file One prompt of the ranking experiment: its images, their scores, and who looks at them. */
import { drawSeed, pick, type Random, randomFor, seeded } from "@pickapic/chance";
import { BARE, type GenerationRequest, type PromptTemplate, parsePrompt, planBestOf } from "@pickapic/generation";
import { expert, person, type SimulatedPerson, sampleCaption, toyBackend } from "@pickapic/toyworld";
import { paintAll } from "../collect.ts";
import { ExperimentError } from "../errors.ts";
import type { Judge } from "./best.ts";
import { lowerBounds, perturbedScores } from "./pessimism.ts";

/** How the images of a prompt are made, and how many look at them. */
export interface RoundSettings {
  /** Number of images to pick from: seeds x templates, each seed under every template. */
  n: number;
  templates: readonly PromptTemplate[];
  /** Toy-world model of all images. */
  model: string;
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
export interface Round {
  prompt: string;
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

/** Draws the images of one prompt, scores them, and invites the people. The same seed gives the same round. */
export async function playRound(
  seed: number,
  settings: RoundSettings,
  scorers: { judges: readonly Judge[]; bounds: readonly LowerBound[] },
  signal: AbortSignal,
): Promise<Round> {
  const random = randomFor("pictures", seed);
  const prompt = sampleCaption(random);
  const requests = planImages(settings, prompt, random);
  const images = [...(await paintAll(new Map(requests.entries()), { signal, onProgress() {} })).values()];
  const viewers = (make: (seed: number) => SimulatedPerson, audience: Audience) =>
    Array.from({ length: settings.judges }, (_, i) => viewerOf(make, `${audience} ${seed} ${i}`, prompt, requests));
  return {
    prompt,
    scores: await scoresOf(prompt, images, scorers),
    viewers: { people: viewers(person, "people"), experts: viewers(expert, "experts") },
  };
}

/** Plans n images, then the two references. */
function planImages(
  { n, templates, model, guidance, size }: RoundSettings,
  caption: string,
  random: Random,
): GenerationRequest[] {
  const shared = { prompt: parsePrompt(caption), backend: toyBackend(), model, random, guidanceScale: guidance };
  const plans = [
    ...planBestOf(n, { ...shared, templates }),
    ...planBestOf(1, { ...shared, templates: [BARE] }),
    ...planBestOf(1, { ...shared, templates: [pick(random, templates)] }),
  ];
  return plans.map(({ request }) => ({ ...request, width: size, height: size }));
}

async function scoresOf(
  prompt: string,
  images: readonly Uint8Array[],
  { judges, bounds }: { judges: readonly Judge[]; bounds: readonly LowerBound[] },
): Promise<Map<string, number[]>> {
  const plain = await Promise.all(judges.map(async (judge) => [judge.name, await checkedScores(judge, prompt, images)] as const));
  const scores = new Map(plain);
  for (const { name, members, deviations } of bounds) {
    const [only] = members;
    const all =
      members.length === 1 && only
        ? await perturbedScores(only, prompt, images)
        : await Promise.all(members.map(async (judge) => scores.get(judge.name) ?? checkedScores(judge, prompt, images)));
    scores.set(name, checked(name, prompt, lowerBounds(all, deviations), images.length));
  }
  return scores;
}

async function checkedScores(judge: Judge, prompt: string, images: readonly Uint8Array[]): Promise<number[]> {
  return checked(judge.name, prompt, await judge.score(prompt, images), images.length);
}

/** @throws ExperimentError PICKAPIC_CLI_RANKING_SCORE unless there are as many finite scores as images */
function checked(name: string, prompt: string, scores: number[], expected: number): number[] {
  const wrong = scores.find((score) => !Number.isFinite(score));
  if (wrong === undefined && scores.length === expected) return scores;
  const came = wrong === undefined ? `${scores.length} scores` : `the score ${wrong}`;
  throw new ExperimentError("PICKAPIC_CLI_RANKING_SCORE", name, came, prompt);
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
