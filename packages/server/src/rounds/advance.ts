/** @file How a round goes on: the next pair is shown as soon as it can be, and images are ordered before they are missed. */
import { drawRequest } from "@pickapic/generation";
import type { Tx } from "../database/database.ts";
import { type ImageOrder, orderImages, urgeImages } from "../jobs/queue.ts";
import type { ResolvedSettings } from "../settings.ts";
import { type Board, imagesMissing, imagesNeeded, nextPair } from "./plan.ts";
import { boardOf, countAnswers, insertComparison, lastAnswered, type RoundRow, unshownImages } from "./queries.ts";

type Settings = Pick<ResolvedSettings, "backends" | "random" | "imagesAhead">;

/** The round as it is after this. The caller holds its lock. */
export async function showNextPair(tx: Tx, round: RoundRow, { random }: Settings): Promise<RoundRow> {
  if (round.comparison_id !== null) return round;
  const images = await unshownImages(tx, round.id);
  const ready = images.filter(({ state }) => state === "ready").map(({ id }) => id);
  const pair = nextPair(await lastAnswered(tx, round.id), ready, random);
  if (!pair) return round;
  return { ...round, comparison_id: await insertComparison(tx, round, pair), problem_code: null, problem_message: null };
}

/** Orders what is missing, the images that somebody waits for before those that are only prepared. The caller holds the lock. */
export async function orderMissing(tx: Tx, round: RoundRow, settings: Settings): Promise<void> {
  const images = await unshownImages(tx, round.id);
  const board = boardOf(round, await countAnswers(tx, round.id), images);
  const needed = imagesNeeded(board);
  const queued = images.filter(({ state }) => state === "queued").map(({ id }) => id);
  const urgent = Math.max(0, needed - board.ready);
  if (urgent > 0) await urgeImages(tx, queued.slice(0, urgent));
  await orderImages(tx, round.id, orders(round, board, settings));
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
