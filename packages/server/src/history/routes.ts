/** @file A person's own answers, newest first; the models are revealed here. */
import { sql } from "kysely";
import { z } from "zod";
import { Choice, History, type HistoryItem, type RevealedImage } from "../api.ts";
import type { Database, Tx } from "../database/database.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { failures } from "../http/schemas.ts";
import { imageUrl } from "../rounds/presenter.ts";

const Page = z.object({
  before: z.coerce.number().int().positive().optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  search: z.string().max(1_000).optional().describe("Only answers whose prompt holds this text, in capital or small letters"),
  choice: Choice.optional().describe("Only answers that said this"),
});

export function historyRoutes(app: App, { db }: Services): void {
  const schema = { tags: ["history"], querystring: Page, response: { 200: History, ...failures } };
  app.get("/api/history", { config: { access: "user" }, schema }, async (request): Promise<History> => {
    const { before, limit, ...wanted } = request.query;
    return historyOf(db, personOf(request).id, { before: before ?? Number.MAX_SAFE_INTEGER, limit, ...wanted });
  });
}

/** Which of a person's answers: with a smaller ranking than `before`, at most `limit`. */
export interface WantedAnswers {
  before: number;
  limit: number;
  search?: string | undefined;
  choice?: Choice | undefined;
}

/** One page of a person's answers, newest first, with the generators named as far as the next answers stay blind. */
export async function historyOf(db: Database, userId: string, wanted: WantedAnswers): Promise<History> {
  const rows = await db.transaction().execute(async (tx) => {
    // An undo holds its round: it comes either before this and hides its pair, or after it and is refused.
    await sql`select 1 from rounds where user_id = ${userId} for share`.execute(tx);
    const found = await answersOf(tx, userId, { ...wanted, limit: wanted.limit + 1 });
    await markRevealed(tx, found.slice(0, wanted.limit));
    return found;
  });
  const items = rows.slice(0, wanted.limit).map(present);
  const last = items.at(-1);
  return { items, next: rows.length > wanted.limit && last ? String(last.ranking) : null };
}

interface Row {
  id: number;
  round_id: string;
  prompt: string;
  created_at: Date;
  choice: Choice;
  too_fast: boolean;
  left_image: string;
  left_model: string;
  left_guidance: number;
  left_seed: number;
  left_open: boolean;
  right_image: string;
  right_model: string;
  right_guidance: number;
  right_seed: number;
  right_open: boolean;
}

/**
 * The answers of a person. An image stays without its generator ("open") while it waits in a pair for an answer, however long that takes.
 */
async function answersOf(db: Tx, userId: string, { before, limit, search = "", choice }: WantedAnswers): Promise<Row[]> {
  const { rows } = await sql<Row>`
    with open_images as (
      select unnest(array[c.left_image, c.right_image]) image
      from rounds o join comparisons c on c.id = o.comparison_id
      join images l on l.id = c.left_image join images r on r.id = c.right_image
      where o.user_id = ${userId} and 'expired' not in (l.state, r.state))
    select k.id, o.id round_id, o.prompt, k.created_at, k.choice, k.too_fast,
      c.left_image, c.left_model, l.guidance_scale left_guidance, l.seed left_seed,
      c.left_image in (select image from open_images) left_open,
      c.right_image, c.right_model, r.guidance_scale right_guidance, r.seed right_seed,
      c.right_image in (select image from open_images) right_open
    from rankings k
    join comparisons c on c.id = k.comparison_id
    join rounds o on o.id = c.round_id
    join images l on l.id = c.left_image
    join images r on r.id = c.right_image
    where k.user_id = ${userId} and k.withdrawn_at is null and k.id < ${before}
      and position(lower(${search}) in lower(o.prompt)) > 0 and k.choice = coalesce(${choice ?? null}, k.choice)
    order by k.id desc limit ${limit}`.execute(db);
  return rows;
}

/** Remembers which images are about to be named, so that no answer to them can be taken back and given again. */
async function markRevealed(tx: Tx, rows: readonly Row[]): Promise<void> {
  const named = rows.flatMap((row) => [...(row.left_open ? [] : [row.left_image]), ...(row.right_open ? [] : [row.right_image])]);
  await sql`update images set revealed_at = now() where id = any(${named}::uuid[]) and revealed_at is null`.execute(tx);
}

function present(row: Row): HistoryItem {
  const { id: ranking, round_id: round, prompt, created_at, choice, too_fast: tooFast } = row;
  const left = reveal(row.left_image, row.left_open, row.left_model, row.left_guidance, row.left_seed);
  const right = reveal(row.right_image, row.right_open, row.right_model, row.right_guidance, row.right_seed);
  return { ranking, round, prompt, createdAt: created_at.toISOString(), choice, tooFast, left, right };
}

function reveal(image: string, open: boolean, model: string, guidanceScale: number, seed: number): RevealedImage {
  const url = imageUrl(image);
  return open ? { url, model: null, guidanceScale: null, seed: null } : { url, model, guidanceScale, seed };
}
