/** @file A scorer without a model: what a test does not say is refused. */
import type { ClipScorer } from "../src/index.ts";

export function fakeScorer(parts: Partial<ClipScorer>): ClipScorer {
  const unused = () => Promise.reject(new Error("not used"));
  return {
    name: "fake",
    logitScale: 1,
    device: "cpu",
    score: unused,
    scoreEach: unused,
    scorePairs: unused,
    embedTexts: unused,
    embedImages: unused,
    embedEach: unused,
    close: async () => {},
    ...parts,
  };
}
