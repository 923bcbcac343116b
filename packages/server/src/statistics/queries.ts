/** @file The SQL behind the statistics page. */
import { sharedWilsonInterval, shareOf } from "@pickapic/evaluation";
import { sql } from "kysely";
import { COUNTS } from "../comparisons/counted.ts";
import type { Database } from "../database/database.ts";
import { STOP_WORDS } from "./stopWords.ts";

const COUNTED = sql`rankings r join people p on p.user_id = r.user_id and ${COUNTS}
  join comparisons c on c.id = r.comparison_id join rounds o on o.id = c.round_id`;

/** Counts over all answers that count. `median_ms` is the median answer time, ms; null without answers. */
export interface Totals {
  rankings: number;
  simulated: number;
  ties: number;
  prompts: number;
  users: number;
  images: number;
  median_ms: number | null;
}

/** Returns the counts over all answers that count. */
export async function totals(db: Database): Promise<Totals> {
  const { rows } = await sql<Totals>`
    select count(*) rankings, count(r.simulated) simulated, count(*) filter (where r.choice = 'tie') ties, count(distinct o.prompt) prompts, count(distinct r.user_id) users,
      (select count(*) from images where state = 'ready') images,
      percentile_cont(0.5) within group (order by r.answer_ms) median_ms
    from ${COUNTED}`.execute(db);
  const [row] = rows;
  if (!row) throw new Error("an aggregate has one row");
  return row;
}

/** Returns the number of answers that count on each day (UTC), oldest first. Days without any are left out. */
export async function answersPerDay(db: Database): Promise<{ day: string; rankings: number }[]> {
  const { rows } = await sql<{ day: string; rankings: number }>`
    select to_char(r.created_at at time zone 'utc', 'YYYY-MM-DD') as day, count(*) rankings
    from ${COUNTED} group by 1 order by 1`.execute(db);
  return rows;
}

/** How often images of one bin of guidance scales won. Rate and interval are null where there are too few games. */
export interface GuidanceBin {
  bin: string;
  /** 0...1, a tie as half a win. */
  winRate: number | null;
  /** Ends of the 95 % interval of `winRate`, over people: their answers are not independent. */
  low: number | null;
  high: number | null;
  games: number;
}

/**
 * Returns the win rate of images by guidance scale, in bins of width 1; the last bin includes its upper end. A tie counts as half a win for both images.
 * Images of backends without a guidance scale are left out.
 */
export async function winsByGuidance(db: Database): Promise<GuidanceBin[]> {
  const { rows } = await sql<{ low: number; wins: number; games: number; people: number; ww: number; wg: number; gg: number }>`
    select low, sum(wins)::float8 wins, sum(games)::float8 games, count(*) people,
      sum(wins * wins)::float8 ww, sum(wins * games)::float8 wg, sum(games * games)::float8 gg
    from (select least(floor(g.guidance), 11)::int low, r.user_id, sum(g.won)::float8 wins, count(*)::float8 games
      from ${COUNTED}
      join images l on l.id = c.left_image join images i on i.id = c.right_image
      cross join lateral (values
        (l.guidance_scale, case r.choice when 'left' then 1 when 'tie' then 0.5 else 0 end),
        (i.guidance_scale, case r.choice when 'right' then 1 when 'tie' then 0.5 else 0 end)) as g (guidance, won)
      where g.guidance is not null group by 1, 2) as of_person
    group by 1 order by 1`.execute(db);
  return rows.map(({ low, wins, games, people, ww, wg, gg }) => {
    const bin = { bin: `${low}-${low + 1}`, games };
    const { value: share } = shareOf(wins, games);
    if (share === null) return { ...bin, winRate: null, low: null, high: null };
    // The sum over people of (wins - share * games)^2; rounding may leave it a little below 0.
    const squares = Math.max(0, ww - 2 * share * wg + share ** 2 * gg);
    const ends = sharedWilsonInterval({ share, examples: games, clusters: people, squares });
    return { ...bin, winRate: share, low: ends[0], high: ends[1] };
  });
}

/** Returns the words that most prompts contain, with the number of prompts. Stop words and words of one or two letters are left out. */
export async function topWords(db: Database, limit: number): Promise<{ word: string; prompts: number }[]> {
  const { rows } = await sql<{ word: string; prompts: number }>`
    select word, count(distinct prompt) prompts
    from (select distinct o.prompt from ${COUNTED}) as used,
      regexp_split_to_table(lower(prompt), '[^[:alpha:]]+') as word
    where length(word) > 2 and word <> all(${STOP_WORDS}::text[])
    group by 1 order by 2 desc, 1 limit ${limit}`.execute(db);
  return rows;
}
