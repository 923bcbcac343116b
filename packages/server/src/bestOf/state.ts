/** @file Reads what has come of a prompt on the best-of-n page, and presents it. */
import { itemAt } from "@pickapic/errors";
import { type RawBuilder, sql } from "kysely";
import type { BestOf, ScoredPicture } from "../api.ts";
import type { Database } from "../database/database.ts";
import type { ImageState } from "../database/tables.ts";
import { imageUrl } from "../rounds/presenter.ts";

interface Row {
  id: string;
  prompt: string;
  negative_prompt: string;
  best_of: number;
  images: readonly ImageRow[];
}

interface ImageRow {
  id: string;
  model: string;
  state: ImageState;
  fraction: number;
  width: number | null;
  height: number | null;
  score: number | null;
  prompt: string | null;
  seed: number | null;
  guidanceScale: number | null;
  steps: number | null;
}

const SELECTED = sql`
  select o.id, o.prompt, o.negative_prompt, o.best_of, (
    select json_agg(json_build_object('id', i.id, 'model', i.model, 'state', i.state, 'fraction', i.fraction, 'width', i.width, 'height', i.height,
      'score', i.score, 'prompt', i.asked_prompt, 'seed', i.seed, 'guidanceScale', i.guidance_scale, 'steps', i.steps) order by i.number)
    from images i where i.round_id = o.id) as images
  from rounds o`;

/** Reads one of a person. Undefined if there is none. */
export function bestOfById(db: Database, userId: string, id: string): Promise<BestOf | undefined> {
  return read(db, sql`where o.id = ${id} and o.user_id = ${userId} and o.best_of is not null`);
}

/** Reads the last one of a person. Undefined if there is none. */
export function latestBestOf(db: Database, userId: string): Promise<BestOf | undefined> {
  return read(db, sql`where o.user_id = ${userId} and o.best_of is not null order by o.created_at desc limit 1`);
}

async function read(db: Database, which: RawBuilder<unknown>): Promise<BestOf | undefined> {
  const { rows } = await sql<Row>`${SELECTED} ${which}`.execute(db);
  return rows[0] && present(rows[0]);
}

function present({ id, prompt, negative_prompt: negativePrompt, best_of: n, images }: Row): BestOf {
  const count = (...states: ImageState[]) => images.filter(({ state }) => states.includes(state)).length;
  const scored = images.flatMap((image) => scoredPicture(image, prompt) ?? []).sort((a, b) => b.score - a.score);
  const ended = images.length - count("queued", "generating");
  const underWay = images.reduce((sum, image) => sum + (image.state === "generating" ? image.fraction : 0), 0);
  return {
    id,
    prompt,
    negativePrompt,
    model: itemAt(images, 0).model,
    n,
    state: stateOf(count, scored.length),
    images: scored,
    failed: count("failed"),
    fraction: Math.min(1, (ended + underWay) / n),
  };
}

function stateOf(count: (...states: ImageState[]) => number, scored: number): BestOf["state"] {
  if (count("queued", "generating") > 0) return count("generating", "failed") + scored > 0 ? "running" : "waiting";
  if (count("cancelled") > 0) return "stopped";
  return scored > 0 ? "done" : "failed";
}

function scoredPicture(image: ImageRow, own: string): ScoredPicture | null {
  const { id, state, width, height, score, prompt, seed, guidanceScale, steps } = image;
  if (state !== "ready" || width === null || height === null || score === null) return null;
  return { url: imageUrl(id), width, height, score, prompt: prompt ?? own, seed, guidanceScale, steps };
}
