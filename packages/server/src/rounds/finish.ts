/** @file Finishes a round. It takes no more answers, so the history may name its generators. */
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { dropImages } from "./cancel.ts";
import { notifyRound } from "./changes.ts";
import { closeOpenPair, lockRound, type RoundState, setProblem, stateOf } from "./queries.ts";

/**
 * Finishes a round for good: closes its open pair without an answer. Afterwards no answer can be taken back, and no image is made. A second call changes
 * nothing.
 * @returns the state of the round after the change
 * @throws ServerError PICKAPIC_ROUND_UNKNOWN if the round was deleted meanwhile
 */
export async function finishRound(tx: Tx, id: string): Promise<RoundState> {
  const round = await lockRound(tx, id);
  if (!round) throw new ServerError("PICKAPIC_ROUND_UNKNOWN");
  if (round.finished_at === null) {
    if (round.comparison_id !== null) await closeOpenPair(tx, id, round.comparison_id);
    await dropImages(tx, id);
    await tx.updateTable("rounds").set({ finished_at: new Date() }).where("id", "=", id).execute();
    await setProblem(tx, id, new ServerError("PICKAPIC_ROUND_FINISHED"));
    await notifyRound(tx, id);
  }
  return stateOf(tx, id);
}
