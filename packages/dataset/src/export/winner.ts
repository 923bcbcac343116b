/** @file What becomes of ties, and labels of a winner. */

import type { PreferenceRow } from "../row.ts";
import type { Ties } from "./names.ts";
import type { Sample } from "./sample.ts";

/** The winners with which a row is written: none for a tie that is dropped, two for one that is split. */
export function winnersOf({ label_0 }: Pick<PreferenceRow, "label_0">, ties: Ties): readonly Sample["winner"][] {
  if (label_0 !== 0.5) return [label_0 === 1 ? 0 : 1];
  return { drop: [], keep: ["tie"] as const, split: [0, 1] as const }[ties];
}

/** label_0 and label_1 of a winner. */
export function labelsOf(winner: Sample["winner"]): Pick<PreferenceRow, "label_0" | "label_1"> {
  return winner === "tie" ? { label_0: 0.5, label_1: 0.5 } : { label_0: 1 - winner, label_1: winner };
}
