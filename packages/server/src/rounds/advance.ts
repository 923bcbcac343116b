/** @file How a round goes on: the next pair is shown as soon as it can be, and images are ordered before they are missed. */
import { drawRequest } from "@pickapic/generation";
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { type ImageOrder, imagesThisWeek, orderImages, urgeImages } from "../jobs/queue.ts";
import type { ResolvedSettings } from "../settings.ts";
import { type Board, imagesMissing, imagesNeeded, isStuck, nextPair } from "./plan.ts";
import { boardOf, insertComparison, lastAnswer, type RoundRow, setProblem, unshownImages } from "./queries.ts";

type Settings = Pick<ResolvedSettings, "backends" | "random" | "imagesAhead" | "userWeeklyLimit">;

/** The round as it is after this. The caller holds its lock. */
export async function showNextPair(tx: Tx, round: RoundRow, { random }: Settings): Promise<RoundRow> {
  if (round.comparison_id !== null) return round;
  const images = await unshownImages(tx, round.id);
  const ready = images.filter(({ state }) => state === "ready").map(({ id }) => id);
  const last = await lastAnswer(tx, round.id);
  const pair = nextPair(last?.stands ? [last] : [], ready, random);
  if (!pair) return round;
  return { ...round, comparison_id: await insertComparison(tx, round, pair), problem_code: null, problem_message: null };
}

/**
 * Orders what is missing, the images that somebody waits for before those that are only prepared. Nothing is ordered for one who has had a
 * week's share: what is prepared is still shown, then the round says so. Gives the round as it is after this. The caller holds the lock.
 */
export async function orderMissing(tx: Tx, round: RoundRow, settings: Settings): Promise<RoundRow> {
  const images = await unshownImages(tx, round.id);
  const board = boardOf(round, await lastAnswer(tx, round.id), images);
  const needed = imagesNeeded(board);
  const queued = images.filter(({ state }) => state === "queued").map(({ id }) => id);
  const urgent = Math.max(0, needed - board.ready);
  if (urgent > 0) await urgeImages(tx, queued.slice(0, urgent));
  const missing = orders(round, board, settings);
  const { userWeeklyLimit } = settings;
  if (missing.length > 0 && (await imagesThisWeek(tx, round.user_id)) >= userWeeklyLimit)
    return isStuck(board) ? setProblem(tx, round, new ServerError("PICKAPIC_WEEKLY_SHARE", userWeeklyLimit)) : round;
  await orderImages(tx, round, missing);
  return round;
}

function orders(round: RoundRow, board: Board, { backends, random, imagesAhead }: Settings): ImageOrder[] {
  const prompt = { prompt: round.prompt, negativePrompt: round.negative_prompt };
  const waitedFor = imagesNeeded(board) - board.ready - board.coming;
  return Array.from({ length: imagesMissing(board, imagesAhead) }, (_, i) => ({
    request: drawRequest(prompt, backends, random),
    backends,
    urgent: i < waitedFor,
  }));
}
