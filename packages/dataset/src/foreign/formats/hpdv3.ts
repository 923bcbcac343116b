/**
 * @file HPDv3 and HPDv3++: path1 is the preferred image, choice_dist counts the votes and confidence says how sure they are.
 * Source: the dataset cards of MizzenAI/HPDv3 and Junjun2333/HPDv3-PlusPlus on the Hugging Face hub ("a preferred image (path1) and
 * a non-preferred image (path2)"), and hpsv3/dataset/pairwise_dataset.py of HPSv3, which sorts choice_dist, so that its order does
 * not follow that of the paths.
 */

import { shown } from "@pickapic/errors";
import { countedVotes, type Format, listIn, perRow, textOf, unreadable } from "./format.ts";

/** The reader of HPDv3. */
export const HPDV3: Format = {
  recognises: (columns) => columns.has("prompt") && columns.has("path1") && columns.has("path2"),
  read: perRow((cells) => {
    const votes = listIn(cells.choice_dist);
    const share = votes ? shareOf(votes) : null;
    if (share === undefined)
      return unreadable("VOTES", `choice_dist must be two numbers of votes, not both 0; got ${shown(cells.choice_dist)}`);
    const models = [textOf(cells.model1) || "unknown", textOf(cells.model2) || "unknown"] as const;
    return [
      {
        caption: textOf(cells.prompt),
        pictures: [cells.path1, cells.path2],
        choice: share === 0.5 ? "tie" : 0,
        models: cells.model1 === undefined && cells.model2 === undefined ? null : models,
        person: null,
        createdAt: null,
        share,
        // The counts are sorted by HPSv3, so that the larger one is path1's, which has won.
        ...(votes ? countedVotes(Math.max(...votes.map(Number)), Math.min(...votes.map(Number))) : {}),
      },
    ];
  }),
};

/** The larger share of two counts, 0.5...1; undefined when they are no counts. */
function shareOf(votes: readonly unknown[]): number | undefined {
  const [a = Number.NaN, b = Number.NaN] = votes.map(Number);
  const share = Math.max(a, b) / (a + b);
  return votes.length === 2 && a >= 0 && b >= 0 && share <= 1 ? share : undefined;
}
