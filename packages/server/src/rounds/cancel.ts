/** @file Cancels a round: a person stops waiting, and images that are not ready yet are no longer made. */
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { notifyRound } from "./changes.ts";
import { type RoundState, setProblem, stateOf } from "./queries.ts";

/**
 * Takes the images of a round out of the queue and sets its problem to PICKAPIC_ROUND_CANCELLED, until POST /api/rounds/:id/retry orders images again. An
 * image that a worker is generating is discarded when it is done. A round that shows a pair, or is finished, stays as it is. The caller holds the lock of
 * the round.
 * @returns the state of the round after the change
 */
export async function cancelRound(tx: Tx, id: string): Promise<RoundState> {
  const before = await stateOf(tx, id);
  if (before.shown !== null || before.round.finished_at !== null) return before;
  await dropImages(tx, id);
  await setProblem(tx, id, new ServerError("PICKAPIC_ROUND_CANCELLED"));
  await notifyRound(tx, id);
  return stateOf(tx, id);
}

/** Takes the images of a round out of the queue. Those that are being generated are discarded when they are done. */
export async function dropImages(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable("images")
    .set({ state: "cancelled" })
    .where("round_id", "=", id)
    .where("state", "in", ["queued", "generating"])
    .execute();
}
