/**
 * @file Preference sets of Rapidata: many votes on each pair, as counts (votes_image1, votes_image2) or as shares weighted by the
 * reliability of the voters (weighted_results_image1_preference, ..._alignment, ..._coherence). The image with more is preferred,
 * equal ones are a tie. Source: the dataset cards of Rapidata/700k_Human_Preference_Dataset_FLUX_SD3_MJ_DALLE3 and
 * Rapidata/Imagen-4-ultra-24-7-25_t2i_human_preference on the Hugging Face hub.
 */

import { shown } from "@pickapic/errors";
import type { ForeignCells } from "../file.ts";
import { numberIn } from "../meaning.ts";
import { countedVotes, type Format, perRow, textOf, unreadable } from "./format.ts";

const WEIGHTED = "weighted_results_image1";

/** The questions that are asked about a pair, the most general one first. */
const QUESTIONS = ["_preference", "", "_alignment", "_coherence"];

/** The reader of Rapidata's sets. */
export const RAPIDATA: Format = {
  recognises: (columns) =>
    columns.has("prompt") &&
    columns.has("image1") &&
    columns.has("image2") &&
    (columns.has("votes_image1") || QUESTIONS.some((question) => columns.has(WEIGHTED + question))),
  read: perRow((cells) => {
    const question = QUESTIONS.find((each) => cells[WEIGHTED + each] !== undefined);
    const [first, second] = votesOf(cells, question);
    const [a, b] = [numberIn(first), numberIn(second)];
    if (typeof a !== "number" || typeof b !== "number" || a < 0 || b < 0 || a + b === 0)
      return unreadable("VOTES", `the votes must be two numbers, not both 0; got ${shown(first)} and ${shown(second)}`);
    const named = [textOf(cells.model1), textOf(cells.model2)] as const;
    return [
      {
        caption: textOf(cells.prompt),
        pictures: [cells.image1, cells.image2],
        choice: a === b ? "tie" : a > b ? 0 : 1,
        models: named[0] === "" || named[1] === "" ? null : named,
        person: null,
        createdAt: null,
        share: a / (a + b),
        ...(question === undefined ? countedVotes(a, b) : {}),
      },
    ];
  }),
};

/** The two numbers that decide: the shares of the most general question, else the votes. */
function votesOf(cells: ForeignCells, question: string | undefined): readonly [unknown, unknown] {
  if (question === undefined) return [cells.votes_image1, cells.votes_image2];
  return [cells[WEIGHTED + question], cells[WEIGHTED.replace("1", "2") + question]];
}
