/** @file Reads the rankings that may be published, as the source of a dataset. */
import {
  type Block,
  type LimitedRankings,
  limitBlock,
  type PreferenceSource,
  type ReleaseLimits,
  rowsOf,
} from "@pickapic/dataset";
import { sql } from "kysely";
import { COUNTS_TEXT } from "../comparisons/counted.ts";
import { imageUrl } from "../rounds/presenter.ts";
import { visitCopy } from "./copyOut.ts";
import { OF_IMAGE } from "./images.ts";
import { OF_RANKING, OF_ROUND, RankingColumns } from "./rankings.ts";
import type { Store } from "./store.ts";

/** Memory of the hash of the join; with PostgreSQL's default of 4 MB most of it would go through temporary files. */
const WORK_MEMORY = "64MB";

/**
 * Gives the answers that count, oldest first: without those that were taken back or given faster than a person can see, and without those
 * of users who withdrew their consent or are banned. They are read once, of one snapshot, and held as columns: about 55 bytes for each
 * ranking, 60 for each image, and each different text once.
 */
export function preferenceSource(store: Store, limits: ReleaseLimits = {}): LimitedSource {
  let read: Promise<ReturnType<typeof limitBlock>> | undefined;
  const limited = () => {
    read ??= readBlock(store).then((block) => limitBlock(block, limits));
    return read;
  };
  return {
    limits,
    async *records() {
      yield* rowsOf((await limited()).block);
    },
    async *blocks() {
      yield (await limited()).block;
    },
    limitedOut: async () => (await limited()).leftOut,
    readImage: (uid) => readImage(store, uid),
  };
}

async function readBlock({ pool, publicUrl }: Store): Promise<Block> {
  const client = await pool.connect();
  const columns = new RankingColumns();
  let failure: Error | undefined;
  try {
    // All statements see the same moment.
    await client.query("begin isolation level repeatable read");
    await client.query(`set local work_mem = '${WORK_MEMORY}'`);
    await visitCopy(client, RANKINGS, OF_RANKING.length, (row) => columns.addRanking(row));
    await visitCopy(client, ROUNDS, OF_ROUND.length, (row) => columns.addRound(row));
    await visitCopy(client, IMAGES, OF_IMAGE.length, (row) => columns.addImage(row));
    await client.query("commit");
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    // A connection that broke in the middle of a COPY is closed instead of used again.
    client.release(failure);
  }
  return columns.block(publicUrl + imageUrl(""));
}

/**
 * Rounds and images are joined afterwards, by their uids, so that each is sent once instead of once for each ranking. The order is made
 * afterwards, too: sorting would take PostgreSQL longer than all the rest.
 */
const RANKINGS = `copy (
  select ${OF_RANKING.join(", ")}
  from rankings r
  join people p on p.user_id = r.user_id
  join comparisons c on c.id = r.comparison_id
  where ${COUNTS_TEXT}) to stdout (format binary)`;
const ROUNDS = `copy (select ${OF_ROUND.join(", ")} from rounds) to stdout (format binary)`;
const IMAGES = `copy (select ${OF_IMAGE.join(", ")} from images) to stdout (format binary)`;

/** The answers of an app within the limits of a release. */
export interface LimitedSource extends PreferenceSource {
  /** How many rankings the limits leave out, by reason. It reads the rankings, which are then held for the export. */
  limitedOut(): Promise<LimitedRankings>;
}

/** Numbers of answers that the dataset leaves out, each counted under the first reason that applies. */
export interface LeftOut {
  takenBack: number;
  tooFast: number;
  /** Those of people who are banned. */
  banned: number;
  /** Those of people who withdrew their consent. */
  withdrawn: number;
}

/** Counts the answers that preferenceSource leaves out. */
export async function countLeftOut({ db }: Store): Promise<LeftOut> {
  const { rows } = await sql<LeftOut>`
    select count(*) filter (where r.withdrawn_at is not null) as "takenBack",
      count(*) filter (where r.withdrawn_at is null and r.too_fast) as "tooFast",
      count(*) filter (where r.withdrawn_at is null and not r.too_fast and p.banned_at is not null) as banned,
      count(*) filter (where r.withdrawn_at is null and not r.too_fast and p.banned_at is null and p.consent_version is null) as withdrawn
    from rankings r join people p on p.user_id = r.user_id`.execute(db);
  return rows[0] ?? { takenBack: 0, tooFast: 0, banned: 0, withdrawn: 0 };
}

async function readImage({ db, files }: Store, uid: string): Promise<Uint8Array> {
  const row = await db.selectFrom("images").select("content_hash").where("id", "=", uid).executeTakeFirst();
  if (!row?.content_hash) throw new Error(`image ${uid} of a ranking has no content`);
  return files.get(row.content_hash);
}
