/** @file The route of the statistics page. */
import { shareOf } from "@pickapic/evaluation";
import { Statistics } from "../api.ts";
import { type Database, readWhole } from "../database/database.ts";
import type { App, Services } from "../http/app.ts";
import { cached } from "../http/cached.ts";
import { answersPerDay, topWords, totals, winsByGuidance } from "./queries.ts";

const TOP_WORDS = 30;

/** Registers GET /api/statistics. */
export function statisticsRoutes(app: App, { db, settings }: Services): void {
  const figures = cached(() => makeStatistics(db), settings.cacheMs);
  const schema = {
    tags: ["results"],
    operationId: "getStatistics",
    summary: "How much was collected",
    description: "Counts, answers per day, answers by guidance scale, and the words of the prompts. A few seconds old at most.",
    response: { 200: Statistics },
  };
  app.get("/api/statistics", { config: { access: "public" }, schema }, figures);
}

async function makeStatistics(db: Database): Promise<Statistics> {
  const [{ median_ms, ...counts }, perDay, guidance, words] = await Promise.all([
    readWhole(db, totals),
    readWhole(db, answersPerDay),
    readWhole(db, winsByGuidance),
    readWhole(db, (tx) => topWords(tx, TOP_WORDS)),
  ]);
  const { value: tieShare } = shareOf(counts.ties, counts.rankings);
  return { ...counts, tieShare, answersPerDay: perDay, medianAnswerMs: median_ms, guidance, topWords: words };
}
