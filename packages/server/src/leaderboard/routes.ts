/** @file Which model people prefer. */
import { bradleyTerry } from "@pickapic/evaluation";
import { Leaderboard } from "../api.ts";
import { type Database, readWhole } from "../database/database.ts";
import type { App, Services } from "../http/app.ts";
import { cached } from "../http/cached.ts";
import { failures } from "../http/schemas.ts";
import { countGames } from "./games.ts";

export function leaderboardRoutes(app: App, { db, settings }: Services): void {
  const board = cached(() => makeBoard(db), settings.cacheMs);
  const schema = { tags: ["results"], response: { 200: Leaderboard, ...failures } };
  app.get("/api/leaderboard", { config: { access: "public" }, schema }, board);
}

async function makeBoard(db: Database): Promise<Leaderboard> {
  const { games, rankings, simulated } = await readWhole(db, countGames);
  const { ratings, reason, remarks, method } = bradleyTerry(games);
  const models = ratings.map(({ player, ...figures }) => ({ model: player, ...figures }));
  return { models, reason, remarks: [...remarks], rankings, simulated, updatedAt: new Date().toISOString(), method };
}
