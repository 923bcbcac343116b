/** @file Requests that tests ask the toy world for. */

import type { GenerationRequest } from "@pickapic/generation";

export function requestFor(prompt: string, changes: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    prompt,
    negativePrompt: "",
    model: "toy-xl",
    seed: 1,
    guidanceScale: 7.5,
    steps: 30,
    width: 96,
    height: 96,
    ...changes,
  };
}

/** Golden values are kept for these: every model, both styles, places and backdrops, one thing, two things, none. */
export const GOLDEN_REQUESTS: readonly GenerationRequest[] = [
  requestFor("two red apples left of a cat on a blue background"),
  requestFor("a watercolour painting of three purple rabbits below a yellow star at night", {
    model: "toy-dream",
    seed: 2,
    guidanceScale: 5,
  }),
  requestFor("a flat illustration of a green elephant in the desert", { model: "toy-turbo", seed: 3, guidanceScale: 11.5 }),
  requestFor("a panda in the snow", { model: "toy-classic", seed: 4, guidanceScale: 3.2 }),
  requestFor("colourless green ideas sleep furiously", { model: "toy-classic", seed: 5, guidanceScale: 9 }),
  requestFor("four pink owls right of two houses on a meadow", { seed: 2 ** 31 - 1, guidanceScale: 12 }),
];
