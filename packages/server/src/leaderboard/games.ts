/** @file Reads the answers that count as games between models. */
import { type Clusters, clustersOf, type Games } from "@pickapic/evaluation";
import { sql } from "kysely";
import { COUNTS } from "../comparisons/counted.ts";
import type { Database } from "../database/database.ts";

/** Games, their number, and how many of them simulated people played. */
export interface CountedGames {
  games: Games;
  rankings: number;
  simulated: number;
}

/** All answers with the same outcome between two models. */
interface Outcome {
  a: string;
  b: string;
  /** Half points of a: 2 for a win, 1 for a tie, 0 for a loss. */
  half_points: number;
  simulated: number;
  /** For each answer its person and its prompt as numbers, such as "1,2,2". Both lists have the same order. */
  people: string;
  prompts: string;
}

/**
 * Returns the answers that count as games. The database groups them into one row per pair of models and outcome, so that a
 * million answers do not become a million objects. Prompts are told apart by a hash; two prompts with the same hash count as one.
 */
export async function countGames(db: Database): Promise<CountedGames> {
  const { rows } = await sql<Outcome>`
    select c.left_model a, c.right_model b, case r.choice when 'left' then 2 when 'right' then 0 else 1 end half_points,
      count(r.simulated) simulated, string_agg(p.ranker_id::text, ',') people,
      string_agg(hashtext(o.prompt)::text, ',') prompts
    from rankings r join comparisons c on c.id = r.comparison_id join rounds o on o.id = c.round_id
      join people p on p.user_id = r.user_id
    where ${COUNTS} and c.left_model <> c.right_model
    group by 1, 2, 3 order by 1, 2, 3`.execute(db);
  return columnsOf(rows);
}

function columnsOf(rows: readonly Outcome[]): CountedGames {
  const people = rows.map((row) => row.people.split(","));
  const players = [...new Set(rows.flatMap(({ a, b }) => [a, b]))].sort();
  const numberOf = new Map(players.map((player, i) => [player, i]));
  const spread = (of: (row: Outcome) => number): number[] =>
    rows.flatMap((row, i) => new Array<number>(people[i]?.length ?? 0).fill(of(row)));
  const rankings = people.reduce((sum, { length }) => sum + length, 0);
  const games: Games = {
    players,
    a: Uint16Array.from(spread(({ a }) => numberOf.get(a) ?? 0)),
    b: Uint16Array.from(spread(({ b }) => numberOf.get(b) ?? 0)),
    halfPoints: Uint8Array.from(spread(({ half_points }) => half_points)),
    count: new Float64Array(rankings).fill(1),
    person: clusters(people.flat()),
    prompt: clusters(rows.flatMap((row) => row.prompts.split(","))),
  };
  return { games, rankings, simulated: rows.reduce((sum, row) => sum + row.simulated, 0) };
}

const clusters = (names: readonly string[]): Clusters | null => (names.length === 0 ? null : clustersOf(names));
