/** @file The route of the leaderboard: which models people prefer. */
import { bradleyTerry } from "@pickapic/evaluation";
import { Leaderboard } from "../api.ts";
import { type Database, readWhole } from "../database/database.ts";
import type { App, Services } from "../http/app.ts";
import { cached } from "../http/cached.ts";
import { countGames } from "./games.ts";

/** Registers GET /api/leaderboard. */
export function leaderboardRoutes(app: App, { db, settings }: Services): void {
  const board = cached(() => makeBoard(db), settings.cacheMs);
  const schema = {
    tags: ["results"],
    operationId: "getLeaderboard",
    summary: "Which model people prefer",
    description:
      "Bradley-Terry ratings of all answers that count, with 95 % intervals and the ranks that they leave open. A few seconds old at most.",
    response: { 200: Leaderboard },
  };
  app.get("/api/leaderboard", { config: { access: "public" }, schema }, board);
}

async function makeBoard(db: Database): Promise<Leaderboard> {
  const { games, rankings, simulated } = await readWhole(db, countGames);
  const { ratings, reason, remarks, method } = bradleyTerry(games);
  const models = ratings.map(({ player, ...figures }) => ({ model: player, ...figures }));
  return { models, reason, remarks: [...remarks], rankings, simulated, updatedAt: new Date().toISOString(), method };
}
