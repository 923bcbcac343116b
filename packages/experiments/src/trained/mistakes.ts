/** @file The pairs on which a trained model is most wrong. Pure. */
import type { ValidationPair } from "@pickapic/pickscore";
import { labelOf } from "./outcome.ts";

/** A pair whose winner the model considered less likely. */
export interface Mistake {
  pair: ValidationPair;
  /** The image that people preferred. */
  preferred: 0 | 1;
  /** The model's probability for the preferred image, 0...0.5, after training and before. */
  probability: number;
  before: number;
}

/** Returns the most confident mistakes first, one for each prompt, at most `count`. A tie is never a mistake. */
export function worstMistakes(pairs: readonly ValidationPair[], count: number): Mistake[] {
  const mistakes = pairs.flatMap((pair): Mistake[] => {
    const preferred = labelOf(pair);
    if (preferred === "tie") return [];
    const given = (probability0: number) => (preferred === 0 ? probability0 : 1 - probability0);
    const probability = given(pair.after);
    return probability < 0.5 ? [{ pair, preferred, probability, before: given(pair.before) }] : [];
  });
  const sorted = mistakes.sort((a, b) => a.probability - b.probability);
  const first = new Map(sorted.toReversed().map((mistake) => [mistake.pair.caption, mistake]));
  return sorted.filter((mistake) => first.get(mistake.pair.caption) === mistake).slice(0, count);
}
