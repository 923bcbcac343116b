/** @file Another pair instead of an answer: nothing is stored about which image is better. */
import { sql } from "kysely";
import type { Person } from "../auth/people.ts";
import type { Tx } from "../database/database.ts";
import { orderMissing, showNextPair } from "../rounds/advance.ts";
import type { RoundRow } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";
import { closedBy, lockRoundOf } from "./answer.ts";

/**
 * Closes an open pair without an answer. Both images go: the next pair is two new ones. Again for the same pair changes nothing.
 * @returns the round as it is after this.
 * @throws ServerError PICKAPIC_COMPARISON_UNKNOWN, PICKAPIC_ALREADY_ANSWERED, PICKAPIC_PAIR_EXPIRED
 */
export async function skipComparison(
  tx: Tx,
  comparisonId: string,
  person: Person,
  settings: ResolvedSettings,
): Promise<RoundRow> {
  const round = await lockRoundOf(tx, comparisonId, person.id);
  if (round.comparison_id === comparisonId) return closePair(tx, round, comparisonId, settings);
  const reason = await closedBy(tx, comparisonId, settings);
  if (reason.code !== "PICKAPIC_PAIR_SKIPPED") throw reason;
  return round;
}

/** Shows the next pair as soon as it can be. The caller holds the lock of the round, and `comparisonId` is its open pair. */
export async function closePair(tx: Tx, round: RoundRow, comparisonId: string, settings: ResolvedSettings): Promise<RoundRow> {
  // The clock, not the start of the transaction: it may have waited for the lock while an answer was stored.
  await sql`update comparisons set skipped_at = clock_timestamp() where id = ${comparisonId}`.execute(tx);
  await tx.updateTable("rounds").set({ comparison_id: null }).where("id", "=", round.id).execute();
  return orderMissing(tx, await showNextPair(tx, { ...round, comparison_id: null }, settings), settings);
}
