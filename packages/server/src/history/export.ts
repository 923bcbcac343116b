/** @file A person's own answers as one file to keep. */
import { z } from "zod";
import { HistoryItem } from "../api.ts";
import type { Database } from "../database/database.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { failures } from "../http/schemas.ts";
import { historyOf } from "./routes.ts";

/** Answers read at a time. */
const PAGE = 200;

const HistoryFile = z.object({
  /** ISO 8601, UTC. */
  exportedAt: z.string(),
  /** Newest first. */
  answers: z.array(HistoryItem),
});

/** GET /api/history/export: works without a consent, so that who withdrew it can still take the answers along. */
export function historyExportRoutes(app: App, { db }: Services): void {
  const schema = {
    tags: ["history"],
    summary: "All of one's own answers as a JSON file to download",
    response: { 200: HistoryFile, ...failures },
  };
  app.get("/api/history/export", { config: { access: "user" }, schema }, async (request, reply) => {
    reply.header("content-disposition", 'attachment; filename="my-pick-a-pic-answers.json"');
    return { exportedAt: new Date().toISOString(), answers: await allAnswers(db, personOf(request).id) };
  });
}

async function allAnswers(db: Database, userId: string): Promise<HistoryItem[]> {
  const answers: HistoryItem[] = [];
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
    const { items, next } = await historyOf(db, userId, { before, limit: PAGE });
    answers.push(...items);
    before = next === null ? null : Number(next);
  }
  return answers;
}
