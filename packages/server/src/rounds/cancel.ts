/** @file A person stops waiting: images that are not there yet are no longer made for this round. */
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { notifyRound } from "./changes.ts";
import { type RoundState, setProblem, stateOf } from "./queries.ts";

/**
 * Takes the round's images out of the queue and says so in its problem, which POST /api/rounds/:id/retry takes back. An image that a worker is making
 * is thrown away when it is done. A round whose pair is there, or that is finished, stays as it is. The caller holds the lock of the round.
 * @returns the round as it is after this.
 */
export async function cancelRound(tx: Tx, id: string): Promise<RoundState> {
  const before = await stateOf(tx, id);
  if (before.shown !== null || before.round.finished_at !== null) return before;
  await dropImages(tx, id);
  await setProblem(tx, id, new ServerError("PICKAPIC_ROUND_CANCELLED"));
  await notifyRound(tx, id);
  return stateOf(tx, id);
}

/** Takes the images of a round out of the queue; those that are being generated are thrown away when they are done. */
export async function dropImages(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable("images")
    .set({ state: "cancelled" })
    .where("round_id", "=", id)
    .where("state", "in", ["queued", "generating"])
    .execute();
}
