/** @file The history: a person's own answers, newest first. It names the generators of finished rounds. */
import { sql } from "kysely";
import { Choice, History, type HistoryItem, type RevealedImage, textUpTo } from "../api.ts";
import type { Database } from "../database/database.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { PageQuery } from "../http/schemas.ts";
import { imageUrl } from "../rounds/presenter.ts";

const Page = PageQuery.extend({
  search: textUpTo(1_000).optional().describe("Only answers whose prompt holds this text, in capital or small letters"),
  choice: Choice.optional().describe("Only answers that said this"),
});

/** Registers GET /api/history. */
export function historyRoutes(app: App, { db }: Services): void {
  const schema = {
    tags: ["history"],
    operationId: "listAnswers",
    summary: "One's own answers",
    description: "Newest first, page by page. The generators of a round are named once it is finished.",
    querystring: Page,
    response: { 200: History },
  };
  app.get("/api/history", { config: { access: "user" }, schema }, async (request): Promise<History> => {
    const { before, limit, ...wanted } = request.query;
    return historyOf(db, personOf(request).id, { before: before ?? Number.MAX_SAFE_INTEGER, limit, ...wanted });
  });
}

/** Selects answers of a person. */
export interface WantedAnswers {
  /** Only rankings with a smaller id. */
  before: number;
  /** At most this many. */
  limit: number;
  /** Only answers whose prompt contains this text, in any case. */
  search?: string | undefined;
  choice?: Choice | undefined;
}

/**
 * Returns one page of a person's answers, newest first. Generators are named only in finished rounds. In any other round a pair can still be judged, or judged again
 * after an undo, and the names would tell about its pictures.
 */
export async function historyOf(db: Database, userId: string, wanted: WantedAnswers): Promise<History> {
  const rows = await answersOf(db, userId, { ...wanted, limit: wanted.limit + 1 });
  const items = rows.slice(0, wanted.limit).map(present);
  const last = items.at(-1);
  return { items, next: rows.length > wanted.limit && last ? String(last.ranking) : null };
}

interface Row {
  id: number;
  round_id: string;
  prompt: string;
  /** True if the round is finished and takes no more answers. */
  finished: boolean;
  created_at: Date;
  choice: Choice;
  too_fast: boolean;
  left_image: string;
  left_model: string;
  left_guidance: number | null;
  left_seed: number | null;
  right_image: string;
  right_model: string;
  right_guidance: number | null;
  right_seed: number | null;
}

async function answersOf(db: Database, userId: string, { before, limit, search = "", choice }: WantedAnswers): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select k.id, o.id round_id, o.prompt, o.finished_at is not null finished, k.created_at, k.choice, k.too_fast,
      c.left_image, c.left_model, l.guidance_scale left_guidance, l.seed left_seed,
      c.right_image, c.right_model, r.guidance_scale right_guidance, r.seed right_seed
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

function present(row: Row): HistoryItem {
  const { id: ranking, round_id: round, prompt, created_at, choice, too_fast: tooFast } = row;
  const left = reveal(row.left_image, row.finished, row.left_model, row.left_guidance, row.left_seed);
  const right = reveal(row.right_image, row.finished, row.right_model, row.right_guidance, row.right_seed);
  return { ranking, round, prompt, createdAt: created_at.toISOString(), choice, tooFast, left, right };
}

function reveal(image: string, named: boolean, model: string, guidanceScale: number | null, seed: number | null): RevealedImage {
  const url = imageUrl(image);
  return named ? { url, model, guidanceScale, seed } : { url, model: null, guidanceScale: null, seed: null };
}
