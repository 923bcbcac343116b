/** @file The answers that count, as columns of games between models. */
import { type Clusters, clustersOf, type Games } from "@pickapic/evaluation";
import { sql } from "kysely";
import { COUNTS } from "../comparisons/counted.ts";
import type { Database } from "../database/database.ts";

/** Games and how many of them simulated people played. */
export interface CountedGames {
  games: Games;
  rankings: number;
  simulated: number;
}

/** Answers of one outcome between two models: who gave each, and to which prompt. */
interface Outcome {
  a: string;
  b: string;
  /** What a got: 2 for a win, 1 for a tie, 0. */
  half_points: number;
  simulated: number;
  /** Numbers of people and of prompts, in the same order, as "1,2,2". */
  people: string;
  prompts: string;
}

/**
 * Answers that count. One row of the database for each pair of models and outcome, so that a million answers
 * are not a million objects. A prompt is known by a hash of its text: two that share it would only count as one.
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
