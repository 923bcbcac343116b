/**
 * @file Whether the trained model is better than its starting model, by all answers that did not influence the model that
 * judges them. Pure.
 */
import { randomFor } from "@pickapic/chance";
import { type PairedVerdict, pairedVerdict } from "@pickapic/evaluation";
import type { SavedRun, ValidationPair } from "@pickapic/pickscore";
import type { Measured } from "./measured.ts";

/** Whether the trained model is better, with the numbers of examples that the verdict rests on. */
export interface RunVerdict extends PairedVerdict {
  /** Examples with a winner: training pairs that were cross-fitted, each judged by a model that did not see its prompt, and test pairs. */
  crossFitted: number;
  test: number;
  /** True when the starting weights were taken, because no step was better. */
  startKept: boolean;
}

/**
 * Accuracy without ties before and after, in pairs, clustered by prompt.
 * The pairs of a validation split that has chosen the step are left out: what they say of it is too good. Cross-fitted training pairs are judged at a step that
 * their own fold had no part in choosing.
 */
export function verdictOf(
  { record, settings, validation }: SavedRun,
  measured: Pick<Measured, "test" | "dataset"> | null,
): RunVerdict {
  const isWinner = ({ target }: ValidationPair) => target[0] !== target[1];
  const crossFitted = validation?.folds === undefined ? [] : validation.pairs.filter(isWinner);
  const test = (measured?.test?.pairs ?? []).filter(isWinner);
  const pairs = [...crossFitted, ...test];
  const verdict = pairedVerdict(pairs.map(scoreOf("before")), pairs.map(scoreOf("after")), randomFor("verdict", settings.seed), {
    clusters: pairs.map(({ caption }) => caption),
    unit: "examples with a winner",
    ...(measured && pairs.length > 0 && { answersPerExample: Math.max(1, measured.dataset.rankings / pairs.length) }),
  });
  return { ...verdict, crossFitted: crossFitted.length, test: test.length, startKept: record.best?.step === 0 };
}

/** 1 when the winner is the likelier image, 1/2 when both are as likely, else 0. */
const scoreOf = (moment: "before" | "after") => (pair: ValidationPair) => {
  const lead = pair[moment] - 0.5;
  return lead === 0 ? 0.5 : Number(lead > 0 === pair.target[0] > pair.target[1]);
};

/** The verdict in one line for a person. */
export function verdictText({ sentence, examples, crossFitted, test, startKept }: RunVerdict, init: string): string {
  if (startKept)
    return `Verdict: no step was better than the start, so the starting weights of ${init} were kept: more answers are needed.`;
  const on = examples > 0 ? ` (accuracy without ties on ${examples} answers: ${verdictPairs({ crossFitted, test })})` : "";
  return `Verdict: ${sentence}${on}.`;
}

/** The pairs that the verdict rests on: "357 cross-fitted, 38 of test". */
export function verdictPairs({ crossFitted, test }: Pick<RunVerdict, "crossFitted" | "test">): string {
  return [crossFitted > 0 ? `${crossFitted} cross-fitted` : "", test > 0 ? `${test} of test` : ""].filter(Boolean).join(", ");
}
