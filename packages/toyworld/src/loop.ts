/** @file The app's loop without the app: a prompt, two images, a choice; the rejected image is replaced. */

import { hash, type Random, seeded } from "@pickapic/chance";
import type { GenerationRequest } from "@pickapic/generation";
import { drawRequest, parsePrompt } from "@pickapic/generation";
import { toyBackend } from "./backend.ts";
import { sampleCaption } from "./caption.ts";
import { type Choice, person, type SimulatedPerson } from "./people.ts";

/** How much is simulated. Defaults: 8 answers per prompt, 5 prompts per person. */
export interface LoopSettings {
  seed: number;
  /** Number of answers in all. */
  rankings: number;
  /**
   * Mean number of answers per prompt. A person stays with a prompt for 1 ... 2 x this - 1 answers, all lengths equally likely.
   */
  answersPerPrompt?: number;
  promptsPerPerson?: number;
}

/** One answer of a simulated person, with the requests of both images. The images themselves are not drawn. */
export interface SimulatedRanking {
  /** Which person, and which prompt of all; both count from 0. */
  author: number;
  round: number;
  person: SimulatedPerson;
  prompt: string;
  left: GenerationRequest;
  right: GenerationRequest;
  /** The side of the kept image; null for the first pair of a round. */
  kept: "left" | "right" | null;
  choice: Choice;
}

/** Simulates the answers of many people, one after the other. The same settings give the same answers. */
export function* simulateRankings(settings: LoopSettings): Generator<SimulatedRanking> {
  const { seed, rankings, answersPerPrompt = 8, promptsPerPerson = 5 } = settings;
  const random = seeded("loop", seed);
  const backends = [toyBackend()];
  for (let made = 0, round = 0; made < rankings; round++) {
    const author = Math.floor(round / promptsPerPerson);
    const judge = person(hash("author", seed, author));
    const answers = Math.min(rankings - made, 1 + Math.floor(random() * (2 * answersPerPrompt - 1)));
    const draw = drawer(sampleCaption(random), backends, random);
    for (const answer of oneRound(judge, draw, answers, random)) yield { author, round, person: judge, ...answer };
    made += answers;
  }
}

/** Returns a function that draws the request of one more image of a caption. */
function drawer(caption: string, backends: Parameters<typeof drawRequest>[1], random: Random): () => GenerationRequest {
  const prompt = parsePrompt(caption);
  return () => drawRequest(prompt, backends, random);
}

type Answer = Omit<SimulatedRanking, "author" | "round" | "person">;

function* oneRound(judge: SimulatedPerson, draw: () => GenerationRequest, answers: number, random: Random): Generator<Answer> {
  let stays: GenerationRequest | null = null;
  for (let i = 0; i < answers; i++) {
    const old: GenerationRequest = stays ?? draw();
    const fresh = draw();
    const oldLeft = random() < 0.5;
    const [left, right]: [GenerationRequest, GenerationRequest] = oldLeft ? [old, fresh] : [fresh, old];
    const choice = judge.choose(old.prompt, left, right, random);
    yield { prompt: old.prompt, left, right, kept: stays === null ? null : oldLeft ? "left" : "right", choice };
    stays = choice === "left" || (choice === "tie" && random() < 0.5) ? left : right;
  }
}
