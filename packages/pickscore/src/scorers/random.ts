/** @file The scorer that guesses, with which every other one is compared. */
import { createHash } from "node:crypto";
import { seeded } from "@pickapic/chance";
import { PickScoreError } from "../errors.ts";
import { perImage } from "./imageBytes.ts";
import type { ScorerKind } from "./kind.ts";
import { methodsOf } from "./scorer.ts";

/** Largest seed, as everywhere. */
const MOST = 2 ** 31 - 1;

/**
 * Guesses by seed, prompt and content of the image, so that the same image always gets the same score. Scores are Gumbel numbers,
 * -log(-log u): the difference of two is logistic, so the probability of a preference is uniform in 0...1, as the random predictor
 * of the paper's authors draws it.
 */
export const randomKind: ScorerKind = {
  usesCores: false,
  argumentOf: (name) => (name === "random" ? "" : name.startsWith("random:") ? name.slice("random:".length) : null),
  async open(argument, { seed: usual = 1 }) {
    const seed = argument === "" ? usual : Number(argument);
    if (!(Number.isInteger(seed) && seed >= 0 && seed <= MOST))
      throw new PickScoreError(
        "PICKAPIC_SCORER_NAME",
        `random:${argument}`,
        `expected a whole number from 0 to ${MOST} after random:`,
      );
    return {
      name: argument === "" ? "random" : `random:${argument}`,
      ...methodsOf(perImage((prompt, image) => gumbel(seeded("random scorer", seed, prompt, sha256(image))()))),
      identify: async () => `seed ${seed}`,
      close: async () => {},
    };
  },
};

/** @param u uniform in [0, 1) */
const gumbel = (u: number): number => -Math.log(-Math.log(u || Number.EPSILON));

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
