/** @file How a round leaves the server: nothing in it says which model made what. */
import { sql } from "kysely";
import type { Comparison, Progress, Round, ShownImage } from "../api.ts";
import type { Database } from "../database/database.ts";
import { imagesBefore } from "../jobs/queue.ts";
import { imagesNeeded } from "./plan.ts";
import {
  boardOf,
  countAnswers,
  type LastAnswer,
  lastAnswer,
  type RoundRow,
  type UnshownImage,
  unshownImages,
} from "./queries.ts";

/** An estimate needs a measurement: the mean over so many images that were made last. */
const MEASURED_OVER = 20;

export async function presentRound(db: Database, round: RoundRow, concurrency: number): Promise<Round> {
  const { id, prompt, negative_prompt: negativePrompt, comparison_id, problem_code, problem_message } = round;
  const { comparison, warnings } = comparison_id === null ? NO_PAIR : await presentComparison(db, comparison_id);
  const problem = problem_code !== null && problem_message !== null ? { code: problem_code, message: problem_message } : null;
  const state = comparison ? "ready" : problem ? "failed" : "generating";
  const answers = await countAnswers(db, id);
  const last = await lastAnswer(db, id);
  const images = await unshownImages(db, id);
  const progress = comparison ? COMPLETE : await progressOf(db, round, images, last, concurrency);
  // Taking it back would show a reported picture again.
  const lastRanking = last === undefined || last.reported ? null : last.ranking;
  const upcoming = upcomingOf(images);
  return { id, prompt, negativePrompt, state, comparison, problem, progress, answers, lastRanking, upcoming, warnings };
}

function upcomingOf(images: readonly UnshownImage[]): ShownImage[] {
  const ready = images.filter(({ state }) => state === "ready");
  return ready.map(({ id, width, height }) => presentImage(id, width, height));
}

const COMPLETE: Progress = { done: 1, total: 1, fraction: 1, etaMs: 0, queuePosition: 0 };

interface PresentedPair {
  comparison: Comparison | null;
  warnings: string[];
}

const NO_PAIR: PresentedPair = { comparison: null, warnings: [] };

interface ComparisonRow {
  left_image: string;
  right_image: string;
  left_width: number;
  left_height: number;
  right_width: number;
  right_height: number;
  warnings: string[];
}

/**
 * The pair, and the warnings of all images of its round: those of the pair alone would tell its two generators apart. A warning that names the
 * model of its image is left out.
 */
async function presentComparison(db: Database, id: string): Promise<PresentedPair> {
  const { rows } = await sql<ComparisonRow>`
    select c.left_image, c.right_image, l.width left_width, l.height left_height, r.width right_width, r.height right_height,
      array(select distinct w from images i, jsonb_array_elements_text(coalesce(i.warnings, '[]')) w
        where i.round_id = c.round_id and i.state = 'ready' and position(lower(i.model) in lower(w)) = 0 order by w) warnings
    from comparisons c join images l on l.id = c.left_image join images r on r.id = c.right_image where c.id = ${id}`.execute(db);
  const row = rows[0];
  if (!row) throw new Error(`comparison ${id} has no row`);
  const left = presentImage(row.left_image, row.left_width, row.left_height);
  const right = presentImage(row.right_image, row.right_width, row.right_height);
  return { comparison: { id, left, right }, warnings: row.warnings };
}

function presentImage(id: string, width: number, height: number): ShownImage {
  return { url: imageUrl(id), width, height };
}

export function imageUrl(id: string): string {
  return `/api/images/${id}`;
}

async function progressOf(
  db: Database,
  round: RoundRow,
  images: readonly UnshownImage[],
  last: LastAnswer | undefined,
  concurrency: number,
): Promise<Progress> {
  const total = Math.max(1, imagesNeeded(boardOf(round, last, images)));
  const done = Math.min(total, images.filter(({ state }) => state === "ready").length);
  const coming = images.filter(({ state }) => state !== "ready").slice(0, total - done);
  const queuePosition = await imagesAhead(db, coming);
  const meanMs = await meanGenerationMs(db);
  const fraction = Math.min(1, (done + sumOf(coming)) / total);
  const left = queuePosition + coming.length - sumOf(coming);
  const etaMs = meanMs === null ? null : Math.round(meanMs * Math.max(1, left / concurrency));
  return { done, total, fraction, etaMs, queuePosition };
}

function sumOf(images: readonly UnshownImage[]): number {
  return images.reduce((sum, { fraction }) => sum + fraction, 0);
}

/** Images that are taken before the first of these. */
async function imagesAhead(db: Database, coming: readonly UnshownImage[]): Promise<number> {
  const first = coming.find(({ state }) => state === "queued");
  if (!first || coming.some(({ state }) => state === "generating")) return 0;
  return imagesBefore(db, first.id);
}

async function meanGenerationMs(db: Database): Promise<number | null> {
  const { rows } = await sql<{ mean: number | null }>`
    select avg(generation_ms)::float8 as mean
    from (select generation_ms from images where state = 'ready' order by ready_at desc limit ${MEASURED_OVER}) as last`.execute(
    db,
  );
  return rows[0]?.mean ?? null;
}
