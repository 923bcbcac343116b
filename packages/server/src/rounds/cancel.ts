/** @file A person stops waiting: images that are not there yet are no longer made for this round. */
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { notifyRound } from "./changes.ts";
import { type RoundRow, setProblem } from "./queries.ts";

/**
 * Takes the round's images out of the queue and says so in its problem, which POST /api/rounds/:id/retry takes back. An image that a worker is making
 * is thrown away when it is done. A round whose pair is there stays as it is. The caller holds the lock of the round.
 */
export async function cancelRound(tx: Tx, round: RoundRow): Promise<RoundRow> {
  if (round.comparison_id !== null) return round;
  await tx
    .updateTable("images")
    .set({ state: "cancelled" })
    .where("round_id", "=", round.id)
    .where("state", "in", ["queued", "generating"])
    .execute();
  await notifyRound(tx, round.id);
  return setProblem(tx, round, new ServerError("PICKAPIC_ROUND_CANCELLED"));
}
