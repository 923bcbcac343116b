/** @file Sentences without which the figures about scorers mislead. */
import { countTies, type HumanCeiling } from "@pickapic/evaluation";
import type { JudgedPair } from "./pairs.ts";
import type { Answer } from "./people.ts";
import { examplesOf } from "./scorers.ts";

/** What a reader must know beside the figures. */
export function remarksOf(
  test: readonly JudgedPair[],
  answers: ReadonlyMap<string, readonly Answer[]>,
  { winners, pairs: repeated }: Pick<HumanCeiling, "winners" | "pairs">,
): string[] {
  const ties = countTies(examplesOf(test, 0));
  const people = new Set(test.map(({ person }) => person)).size;
  const prompts = new Set(test.map(({ caption }) => caption)).size;
  return [
    winners.value === 0
      ? `No two people agree on any of the ${repeated} pairs that several judged, where chance alone gives half: look whether sides or images were mixed up.`
      : null,
    people === 1 ? "All measured answers are of one person: the figures hold for this person only." : null,
    prompts === 1 ? "All measured rankings are of one prompt: the figures hold for this prompt only." : null,
    ties === test.length ? "Every measured ranking is a tie: there is no accuracy without ties." : null,
    ties === 0 && [...answers.values()].every((own) => own.every(({ label }) => label !== "tie"))
      ? "The dataset has no ties: the threshold for ties, and the tie-aware accuracy, are those of a choice without ties."
      : null,
  ].filter((remark) => remark !== null);
}
