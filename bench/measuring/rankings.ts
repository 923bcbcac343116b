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
/** The uuid of a row, the same in every run: MD5 of its kind and number. */
const uuid = (kind: string, number: string): string => `md5('${kind}' || (${number}))::uuid`;

/** Everything about the prompts 0 ... $1 - 1. Tables of one step are filled at the same time, each by a connection of its own. */
const STEPS = [
  [
    `insert into "user" (id, name, email, "emailVerified")
    select 'person-' || u, 'Person', 'person-' || u || '@example.org', true
    from generate_series(0, ($1::int - 1) / ${PROMPTS_OF_PERSON}) u`,
    `insert into people (user_id, ranker_id, consent_version, consented_at)
    select 'person-' || u, abs(hashtextextended('ranker' || u, 0)) % 9007199254740991, '1', now()
    from generate_series(0, ($1::int - 1) / ${PROMPTS_OF_PERSON}) u`,
    `insert into rounds (id, user_id, prompt, negative_prompt)
    select ${uuid("round", "p")}, 'person-' || p / ${PROMPTS_OF_PERSON},
      'a photo of ' || substr(md5('a' || p), 1, 7) || ' near ' || substr(md5('b' || p), 1, 9) || ' with ' || substr(md5('c' || p), 1, 6)
        || ' in the style of ' || substr(md5('d' || p), 1, 12), ''
    from generate_series(0, $1::int - 1) p`,
  ],
  [
    `insert into images (id, round_id, state, backend, model, seed, guidance_scale, steps, scheduler, request_width, request_height, content_hash, width, height)
    select ${uuid("image", `p * ${PER_PROMPT + 1} + i`)}, ${uuid("round", "p")}, 'ready', 'bench', 'model-' || (p * 7 + i * 3) % 8,
      abs(hashtextextended('seed' || p * 8 + i, 0)) % 4294967296, 3 + ((p * 31 + i * 17) % 901) / 100.0, 20 + (p + i) % 3 * 10,
      (array['PNDM', 'DDIM', 'Euler'])[1 + (p + i) % 3], 512, 512, md5('content' || p * 8 + i), 512, 512
    from generate_series(0, $1::int - 1) p, generate_series(0, ${PER_PROMPT}) i`,
    `insert into comparisons (id, round_id, left_image, right_image, kept_image, left_model, right_model, consent_version, shown_at)
    select ${uuid("comparison", `p * ${PER_PROMPT} + k`)}, ${uuid("round", "p")}, ${uuid("image", `p * ${PER_PROMPT + 1} + k`)},
      ${uuid("image", `p * ${PER_PROMPT + 1} + k + 1`)}, case when k = 0 then null else ${uuid("image", `p * ${PER_PROMPT + 1} + k`)} end,
      'model-' || (p * 7 + k * 3) % 8, 'model-' || (p * 7 + (k + 1) * 3) % 8, '1', now()
    from generate_series(0, $1::int - 1) p, generate_series(0, ${PER_PROMPT - 1}) k`,
    `insert into rankings (comparison_id, user_id, choice, answer_ms, consent_version, created_at)
    select ${uuid("comparison", `p * ${PER_PROMPT} + k`)}, 'person-' || p / ${PROMPTS_OF_PERSON},
      (array['left', 'right', 'left', 'right', 'tie', 'right', 'left'])[1 + (p * 13 + k * 5) % 7], 900 + (p * 37 + k * 101) % 9000, '1',
      timestamptz '2026-01-01 00:00:00Z' + make_interval(secs => (p * ${PER_PROMPT} + k) * 7.25)
    from generate_series(0, $1::int - 1) p, generate_series(0, ${PER_PROMPT - 1}) k`,
  ],
];

/** A database that is filled. `close` stops it. */
export interface FilledFolder {
  readonly url: string;
  close(): Promise<void>;
}

/** The filled tables whose rows are many. */
const TABLES = ["rounds", "images", "comparisons", "rankings"];

/** What is dropped before the tables are filled, and the statements that create it again: indexes and keys by table, and foreign keys. */
interface Dropped {
  readonly drop: readonly string[];
  readonly indexes: ReadonlyMap<string, readonly string[]>;
  readonly foreignKeys: readonly string[];
}

/**
 * Finds the indexes, keys and foreign keys of the filled tables. Keys are random, so that adding them to an index row by row takes longer
 * than all the rest, and building the index at the end does not.
 */
async function findDroppable(client: pg.Client): Promise<Dropped> {
  const { rows: constraints } = await client.query<{ of: string; name: string; kind: string; definition: string }>(
    `select c.conrelid::regclass::text as of, quote_ident(c.conname) as name, c.contype as kind, pg_get_constraintdef(c.oid) as definition
      from pg_constraint c
      where c.contype in ('p', 'u', 'f') and (c.conrelid::regclass::text = any($1) or c.confrelid::regclass::text = any($1))
      order by c.contype`,
    [TABLES],
  );
  const { rows: indexes } = await client.query<{ of: string; name: string; definition: string }>(
    `select i.indrelid::regclass::text as of, i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
      from pg_index i
      where i.indrelid::regclass::text = any($1) and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))`,
    [TABLES],
  );
  const add = ({ of, name, definition }: (typeof constraints)[number]) =>
    `alter table ${of} add constraint ${name} ${definition}`;
  const isForeign = ({ kind }: { kind: string }) => kind === "f";
  const rebuilt = [
    ...constraints.filter((each) => !isForeign(each)).map((each) => ({ of: each.of, statement: add(each) })),
    ...indexes.map(({ of, definition }) => ({ of, statement: definition })),
  ];
  return {
    // Foreign keys are first in the order of kinds, because the keys that they refer to cannot be dropped before them.
    drop: [
      ...constraints.map(({ of, name }) => `alter table ${of} drop constraint ${name}`),
      ...indexes.map(({ name }) => `drop index ${name}`),
    ],
    indexes: new Map(TABLES.map((table) => [table, rebuilt.filter(({ of }) => of === table).map(({ statement }) => statement)])),
    foreignKeys: constraints.filter(isForeign).map(add),
  };
}

/** Settings of each connection that fills. */
const CONNECTION = [
  "set maintenance_work_mem = '256MB'",
  "set work_mem = '64MB'",
  "set synchronous_commit = off",
  // Rows that refer to each other all exist, so that no trigger has to look one up.
  "set session_replication_role = replica",
];

/** Runs each list of statements in its order, and the lists at the same time, each on a connection of its own. */
async function runBeside(url: string, lists: readonly (readonly { text: string; values?: number[] }[])[]): Promise<void> {
  await Promise.all(
    lists.map(async (statements) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      for (const setting of CONNECTION) await client.query(setting);
      for (const statement of statements) await client.query(statement);
      await client.end();
    }),
  );
}

/** Creates a data folder with `rankings` rankings, a multiple of 5, each prompt with 5 of one person, and leaves its PostgreSQL running. */
export async function fillFolder(folder: string, rankings: number): Promise<FilledFolder> {
  await mkdir(folder, { recursive: true });
  const lock = await takeFolder(folder, "benchmark");
  const database = await openEmbedded(folder);
  await bringUpToDate(database.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // The log of a scratch database is never read, and checkpoints with whole pages would be most of what is written: keys are random.
  for (const setting of ["max_wal_size = '16GB'", "checkpoint_timeout = '1h'", "full_page_writes = off", "fsync = off"])
    await client.query(`alter system set ${setting}`);
  await client.query("select pg_reload_conf()");
  const { drop, indexes, foreignKeys } = await findDroppable(client);
  for (const statement of drop) await client.query(statement);
  const prompts = Math.ceil(rankings / PER_PROMPT);
  const [first = [], beside = []] = STEPS.map((step) => step.map((text) => ({ text, values: [prompts] })));
  await runBeside(database.url, [first]);
  await runBeside(
    database.url,
    beside.map((statement) => [statement]),
  );
  await runBeside(
    database.url,
    [...indexes.values()].map((statements) => statements.map((text) => ({ text }))),
  );
  // They hold, because the statements above made both sides. The planner uses those that are marked as valid.
  for (const statement of foreignKeys) await client.query(`${statement} not valid`);
  await client.query("update pg_constraint set convalidated = true where not convalidated");
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
