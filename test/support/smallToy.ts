/** @file The toy world for tests that look at what is done with its pictures: at their usual size, drawing them would be most of the work. */
import type { Backend } from "../../packages/generation/src/index.ts";
import { toyBackend } from "../../packages/toyworld/src/index.ts";

/** The toy world with pictures of 256 px instead of 512. */
export function smallToy(): Backend {
  const toy = toyBackend();
  return { ...toy, models: toy.models.map((model) => ({ ...model, width: 256, height: 256 })) };
}
