/** @file A backend for tests: its picture is its request, as text. */

import { type Backend, completeRequest } from "../src/index.ts";

export function fakeBackend(name: string, models: readonly string[]): Backend {
  return {
    name,
    simulated: true,
    models: models.map((model) => ({ name: model, steps: 20, scheduler: "euler", width: 64, height: 48 })),
    generate: async (request) => {
      const { width, height } = completeRequest(request);
      return { bytes: new TextEncoder().encode(JSON.stringify(request)), mediaType: "image/png", width, height, warnings: [] };
    },
  };
}

/** A linear congruential generator. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Everything that a source gives, once it has ended. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of source) found.push(each);
  return found;
}
