/** @file Skips a comparison: the person gets another pair, and nothing is stored about which image is better. */
import type { Person } from "../auth/sessions.ts";
import type { Tx } from "../database/database.ts";
import { advanceLocked } from "../rounds/advance.ts";
import { closeOpenPair, type RoundState, stateOf } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";
import { closedBy, lockRoundOf } from "./answer.ts";

/**
 * Closes an open pair without an answer. The next pair is two new images. Repeating it for the same pair changes nothing.
 * @returns the state of the round after the change
 * @throws ServerError PICKAPIC_COMPARISON_UNKNOWN, PICKAPIC_ALREADY_ANSWERED, PICKAPIC_PAIR_EXPIRED
 */
export async function skipComparison(
  tx: Tx,
  comparisonId: string,
  person: Person,
  settings: ResolvedSettings,
): Promise<RoundState> {
  const round = await lockRoundOf(tx, comparisonId, person.id);
  if (round.comparison_id === comparisonId) return closePair(tx, round.id, comparisonId, settings);
  const reason = await closedBy(tx, comparisonId, settings);
  if (reason.code !== "PICKAPIC_PAIR_SKIPPED") throw reason;
  return stateOf(tx, round.id);
}

/**
 * Closes the open pair of a round without an answer, and shows the next one if its images are ready. The caller holds the lock of the round.
 * @returns the state of the round after the change
 */
export async function closePair(tx: Tx, roundId: string, comparisonId: string, settings: ResolvedSettings): Promise<RoundState> {
  await closeOpenPair(tx, roundId, comparisonId);
  return advanceLocked(tx, await stateOf(tx, roundId), settings);
}
