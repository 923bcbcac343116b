/** @file Which model people prefer. */
import { sql } from "kysely";
import { Leaderboard } from "../api.ts";
import type { Database } from "../database/database.ts";
import type { App, Services } from "../http/app.ts";
import { cached } from "../http/cached.ts";
import { failures } from "../http/schemas.ts";
import { type GameCount, rateBeside } from "./rate.ts";

const METHOD =
  "Bradley-Terry ratings on the Elo scale (mean 1000; 400 points more are odds of 10 to 1), a tie counts as half a win for each; 95 % intervals from the curvature of the likelihood; comparisons of two images of one model are left out.";

export function leaderboardRoutes(app: App, { db, settings }: Services): void {
  const board = cached(() => makeBoard(db), settings.cacheMs);
  const schema = { tags: ["results"], response: { 200: Leaderboard, ...failures } };
  app.get("/api/leaderboard", { config: { access: "public" }, schema }, board);
}

async function makeBoard(db: Database): Promise<Leaderboard> {
  const counts = await countGames(db);
  const rankings = counts.reduce((sum, { games }) => sum + games, 0);
  const simulated = counts.reduce((sum, game) => sum + game.simulated, 0);
  return { models: await rateBeside(counts), rankings, simulated, updatedAt: new Date().toISOString(), method: METHOD };
}

/** Answers that count, of users who are not banned. */
async function countGames(db: Database): Promise<(GameCount & { simulated: number })[]> {
  const { rows } = await sql<GameCount & { simulated: number }>`
    select c.left_model a, c.right_model b, case r.choice when 'left' then 1 when 'right' then 0 else 0.5 end::float8 outcome,
      count(*) games, count(r.simulated) simulated
    from rankings r join comparisons c on c.id = r.comparison_id join people p on p.user_id = r.user_id
    where r.withdrawn_at is null and p.banned_at is null and c.left_model <> c.right_model
    group by 1, 2, 3 order by 1, 2, 3`.execute(db);
  return rows;
}
