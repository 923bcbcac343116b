/** @file A data folder of the app with as many rankings as asked for, written by SQL alone: its images have no picture. */
import { mkdir } from "node:fs/promises";
import pg from "pg";
import { openEmbedded } from "../../packages/server/src/database/embedded.ts";
import { bringUpToDate } from "../../packages/server/src/database/migrations.ts";
import { takeFolder } from "../../packages/server/src/folder/folder.ts";

/** Rankings of one prompt. Each replaces one image, so that a prompt has one more image than rankings. */
const PER_PROMPT = 5;
/** Prompts of one person. */
const PROMPTS_OF_PERSON = 20;
/** Rankings inserted by one statement. */
const BATCH = 100_000;

/** The uuid of a row, the same in every run: MD5 of its kind and number. */
const uuid = (kind: string, number: string): string => `md5('${kind}' || (${number}))::uuid`;

/** One prompt with its images, comparisons and rankings; $1 and $2 are the first and the last number of the prompts. */
const STATEMENTS = [
  `insert into "user" (id, name, email, "emailVerified")
    select 'person-' || u, 'Person', 'person-' || u || '@example.org', true
    from generate_series($1::int / ${PROMPTS_OF_PERSON}, $2::int / ${PROMPTS_OF_PERSON}) u on conflict do nothing`,
  `insert into people (user_id, ranker_id, consent_version, consented_at)
    select 'person-' || u, abs(hashtextextended('ranker' || u, 0)) % 9007199254740991, '1', now()
    from generate_series($1::int / ${PROMPTS_OF_PERSON}, $2::int / ${PROMPTS_OF_PERSON}) u on conflict do nothing`,
  `insert into rounds (id, user_id, prompt, negative_prompt)
    select ${uuid("round", "p")}, 'person-' || p / ${PROMPTS_OF_PERSON},
      'a photo of ' || substr(md5('a' || p), 1, 7) || ' near ' || substr(md5('b' || p), 1, 9) || ' with ' || substr(md5('c' || p), 1, 6)
        || ' in the style of ' || substr(md5('d' || p), 1, 12), ''
    from generate_series($1::int, $2::int) p`,
  `insert into images (id, round_id, state, backend, model, seed, guidance_scale, steps, scheduler, request_width, request_height, content_hash, width, height)
    select ${uuid("image", `p * ${PER_PROMPT + 1} + i`)}, ${uuid("round", "p")}, 'ready', 'bench', 'model-' || (p * 7 + i * 3) % 8,
      abs(hashtextextended('seed' || p * 8 + i, 0)) % 4294967296, 3 + ((p * 31 + i * 17) % 901) / 100.0, 20 + (p + i) % 3 * 10,
      (array['PNDM', 'DDIM', 'Euler'])[1 + (p + i) % 3], 512, 512, md5('content' || p * 8 + i), 512, 512
    from generate_series($1::int, $2::int) p, generate_series(0, ${PER_PROMPT}) i`,
  `insert into comparisons (id, round_id, left_image, right_image, kept_image, left_model, right_model, consent_version, shown_at)
    select ${uuid("comparison", `p * ${PER_PROMPT} + k`)}, ${uuid("round", "p")}, ${uuid("image", `p * ${PER_PROMPT + 1} + k`)},
      ${uuid("image", `p * ${PER_PROMPT + 1} + k + 1`)}, case when k = 0 then null else ${uuid("image", `p * ${PER_PROMPT + 1} + k`)} end,
      'model-' || (p * 7 + k * 3) % 8, 'model-' || (p * 7 + (k + 1) * 3) % 8, '1', now()
    from generate_series($1::int, $2::int) p, generate_series(0, ${PER_PROMPT - 1}) k`,
  `insert into rankings (comparison_id, user_id, choice, answer_ms, consent_version, created_at)
    select ${uuid("comparison", `p * ${PER_PROMPT} + k`)}, 'person-' || p / ${PROMPTS_OF_PERSON},
      (array['left', 'right', 'left', 'right', 'tie', 'right', 'left'])[1 + (p * 13 + k * 5) % 7], 900 + (p * 37 + k * 101) % 9000, '1',
      timestamptz '2026-01-01 00:00:00Z' + make_interval(secs => (p * ${PER_PROMPT} + k) * 7.25)
    from generate_series($1::int, $2::int) p, generate_series(0, ${PER_PROMPT - 1}) k`,
];

/** A database that is filled. `close` stops it. */
export interface FilledFolder {
  readonly url: string;
  close(): Promise<void>;
}

/** Drops the indexes of the filled tables that no constraint needs, and returns the statements that create them again. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
      from pg_index i join pg_class t on t.oid = i.indrelid
      where t.relname in ('rounds', 'images', 'comparisons', 'rankings') and t.relnamespace = 'public'::regnamespace
        and not i.indisunique and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`,
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ definition }) => definition);
}

/** Creates a data folder with `rankings` rankings, a multiple of 5, each prompt with 5 of one person, and leaves its PostgreSQL running. */
export async function fillFolder(folder: string, rankings: number): Promise<FilledFolder> {
  await mkdir(folder, { recursive: true });
  const lock = await takeFolder(folder, "benchmark");
  const database = await openEmbedded(folder);
  await bringUpToDate(database.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // The log of a scratch database serves nobody, and checkpoints with whole pages would be most of what is written: keys are random.
  for (const setting of ["max_wal_size = '16GB'", "checkpoint_timeout = '1h'", "full_page_writes = off", "fsync = off"])
    await client.query(`alter system set ${setting}`);
  await client.query("select pg_reload_conf()");
  await client.query("set maintenance_work_mem = '256MB'");
  const rebuild = await dropIndexes(client);
  // Rows that refer to each other are inserted in one order and all of them exist, so that nothing has to be looked up.
  await client.query("set session_replication_role = replica; set synchronous_commit = off");
  const prompts = Math.ceil(rankings / PER_PROMPT);
  for (let first = 0; first < prompts; first += BATCH / PER_PROMPT) {
    const last = Math.min(prompts, first + BATCH / PER_PROMPT) - 1;
    for (const statement of STATEMENTS) await client.query(statement, [first, last]);
  }
  for (const statement of rebuild) await client.query(statement);
  await client.query("vacuum analyze");
  await client.end();
  return {
    url: database.url,
    async close() {
      await database.stop();
      await lock.release();
    },
  };
}
