/** @file The route that returns all answers of a person as one file to keep. */
import { z } from "zod";
import { HistoryItem } from "../api.ts";
import type { Database } from "../database/database.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { historyOf } from "./routes.ts";

/** Number of answers per query. */
const PAGE = 200;

const HistoryFile = z
  .object({
    exportedAt: z.iso.datetime().describe("ISO 8601, UTC."),
    answers: z.array(HistoryItem).describe("Newest first."),
  })
  .meta({ id: "HistoryFile", description: "All answers of one person." });

/** Registers GET /api/history/export. It needs no consent, so that a person who withdrew it can still download the answers. */
export function historyExportRoutes(app: App, { db }: Services): void {
  const schema = {
    tags: ["history"],
    operationId: "exportAnswers",
    summary: "All of one's own answers as a file",
    description:
      "A JSON file to download. It works without a consent, so that a person who withdrew it can still take the answers along.",
    response: { 200: HistoryFile },
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
