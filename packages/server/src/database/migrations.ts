/** @file The SQL that creates and changes the tables, as a list of migrations. A published migration is never changed. */
import { type Kysely, type Migration, type MigrationProvider, Migrator, sql } from "kysely";
import { reasonOf, ServerError } from "../errors.ts";
import { connect, LONG_STATEMENT_MS } from "./database.ts";

/** The tables that better-auth 1.7 needs with its anonymous plugin. A test asks better-auth whether anything is missing. */
const ACCOUNTS = [
  sql`create table "user" (
    id text primary key,
    name text not null,
    email text not null unique,
    "emailVerified" boolean not null,
    image text,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null default current_timestamp,
    "isAnonymous" boolean
  )`,
  sql`create table session (
    id text primary key,
    "expiresAt" timestamptz not null,
    token text not null unique,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null,
    "ipAddress" text,
    "userAgent" text,
    "userId" text not null references "user" (id) on delete cascade
  )`,
  sql`create table account (
    id text primary key,
    "accountId" text not null,
    "providerId" text not null,
    "userId" text not null references "user" (id) on delete cascade,
    "accessToken" text,
    "refreshToken" text,
    "idToken" text,
    "accessTokenExpiresAt" timestamptz,
    "refreshTokenExpiresAt" timestamptz,
    scope text,
    password text,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null
  )`,
  sql`create table verification (
    id text primary key,
    identifier text not null,
    value text not null,
    "expiresAt" timestamptz not null,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null default current_timestamp
  )`,
  sql`create index "session_userId_idx" on session ("userId")`,
  sql`create index "account_userId_idx" on account ("userId")`,
  sql`create index verification_identifier_idx on verification (identifier)`,
];

const LOOP = [
  sql`create table people (
    user_id text primary key references "user" (id) on delete cascade,
    ranker_id bigint not null unique,
    karma integer not null default 0,
    consent_version text,
    consented_at timestamptz,
    banned_at timestamptz
  )`,
  sql`create table rounds (
    id uuid primary key,
    user_id text not null references "user" (id) on delete cascade,
    prompt text not null,
    negative_prompt text not null,
    comparison_id uuid,
    problem_code text,
    problem_message text,
    created_at timestamptz not null default now()
  )`,
  sql`create index rounds_user on rounds (user_id)`,
  sql`create table images (
    id uuid primary key,
    number bigint generated always as identity,
    round_id uuid not null references rounds (id) on delete cascade,
    state text not null default 'queued' check (state in ('queued', 'generating', 'ready', 'failed')),
    backend text not null,
    model text not null,
    seed bigint not null,
    guidance_scale double precision not null,
    steps integer not null,
    scheduler text not null,
    request_width integer not null,
    request_height integer not null,
    attempts integer not null default 0,
    fraction real not null default 0,
    error text,
    content_hash text,
    width integer,
    height integer,
    generation_ms integer,
    warnings jsonb,
    created_at timestamptz not null default now(),
    ready_at timestamptz,
    check (state <> 'ready' or (content_hash is not null and width is not null and height is not null))
  )`,
  sql`create index images_round on images (round_id, number)`,
  sql`create index images_waiting on images (number) where state in ('queued', 'generating')`,
  sql`create index images_ready on images (ready_at) where state = 'ready'`,
  sql`create table comparisons (
    id uuid primary key,
    number bigint generated always as identity,
    round_id uuid not null references rounds (id) on delete cascade,
    left_image uuid not null references images (id) on delete cascade,
    right_image uuid not null references images (id) on delete cascade,
    kept_image uuid,
    left_model text not null,
    right_model text not null,
    consent_version text,
    created_at timestamptz not null default now(),
    check (left_image <> right_image),
    check (kept_image in (left_image, right_image))
  )`,
  sql`create index comparisons_round on comparisons (round_id, number)`,
  sql`alter table rounds add foreign key (comparison_id) references comparisons (id) on delete set null`,
  sql`create table rankings (
    id bigint generated always as identity primary key,
    comparison_id uuid not null references comparisons (id) on delete cascade,
    user_id text not null references "user" (id) on delete cascade,
    choice text not null check (choice in ('left', 'right', 'tie')),
    answer_ms integer not null check (answer_ms >= 0),
    consent_version text not null,
    simulated jsonb,
    created_at timestamptz not null default now(),
    withdrawn_at timestamptz
  )`,
  sql`create unique index rankings_one_answer on rankings (comparison_id) where withdrawn_at is null`,
  sql`create index rankings_user on rankings (user_id, id)`,
  sql`create table replies (
    user_id text not null references "user" (id) on delete cascade,
    key text not null,
    request_hash text not null,
    status integer,
    body json,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
  )`,
  sql`create index replies_age on replies (created_at)`,
];

/** Tables and indexes of the nightly cleaning (expired pictures, files that no image names), and the number of new guests per address and day. */
const CLEANING = [
  sql`alter table images drop constraint images_state_check`,
  sql`alter table images add constraint images_state_check check (state in ('queued', 'generating', 'ready', 'failed', 'expired'))`,
  sql`create index images_content on images (content_hash)`,
  // PostgreSQL looks for referring rows when a row is deleted, and needs these indexes for that.
  sql`create index comparisons_left on comparisons (left_image)`,
  sql`create index comparisons_right on comparisons (right_image)`,
  sql`create index rankings_comparison on rankings (comparison_id)`,
  sql`create index rounds_comparison on rounds (comparison_id)`,
  sql`create table loose_files (
    content_hash text primary key,
    since timestamptz not null default now()
  )`,
  sql`create table newcomers (
    mark text primary key,
    day date not null,
    guests integer not null
  )`,
];

/** What a person can do with a pair besides answering it: skip it, report one of its pictures, or stop waiting for it. */
const WAYS_OUT = [
  sql`alter table comparisons add skipped_at timestamptz`,
  sql`create index comparisons_skipped on comparisons (round_id, skipped_at) where skipped_at is not null`,
  sql`alter table images drop constraint images_state_check`,
  sql`alter table images add constraint images_state_check
    check (state in ('queued', 'generating', 'ready', 'failed', 'expired', 'cancelled'))`,
  sql`create table reports (
    id bigint generated always as identity primary key,
    image_id uuid not null references images (id) on delete cascade,
    user_id text not null references "user" (id) on delete cascade,
    reason text not null check (reason in ('offensive', 'person', 'broken', 'other')),
    note text not null default '',
    created_at timestamptz not null default now(),
    unique (image_id, user_id)
  )`,
  sql`create index reports_user on reports (user_id)`,
];

/**
 * Makes the table of images the queue: a row says which worker has the image and until when, and in which order images are taken (jobs/queue.ts). This
 * replaces the tables of graphile-worker.
 */
const TURNS = [
  sql`alter table images
    add column urgent boolean not null default true,
    add column turn bigint not null default 0,
    add column due_at timestamptz,
    add column worker_id text,
    add column lease_until timestamptz,
    add column lost integer not null default 0`,
  sql`update images set state = 'queued', attempts = 0 where state = 'generating'`,
  sql`create index images_queue on images (urgent desc, turn, number) where state = 'queued'`,
  sql`create index images_leased on images (lease_until) where state = 'generating'`,
  sql`create sequence turn_now`,
  sql`create table turns (
    user_id text primary key references "user" (id) on delete cascade,
    network text not null,
    finish bigint not null,
    ordered_at timestamptz not null default now()
  )`,
  sql`create index turns_network on turns (network, finish)`,
  sql`create unlogged table workers (
    id text primary key,
    host text not null,
    concurrency integer not null,
    running integer not null,
    seen_at timestamptz not null
  )`,
  sql`create table chores (
    name text primary key,
    started_at timestamptz not null,
    looked_at timestamptz not null,
    steady_since timestamptz not null
  )`,
  sql`drop schema if exists graphile_worker cascade`,
];

/** The id of the file store that holds the pictures of this database (files/marker.ts): one row at most. */
const FILE_STORE = [
  sql`create table file_store (
    id text primary key,
    only_one boolean not null default true unique check (only_one)
  )`,
];

/** Makes answers fast: the version of a round lets a change be planned without a lock, and images are counted per day when they are ordered. */
const CHEAP_ANSWERS = [
  sql`alter table rounds add version integer not null default 0`,
  sql`create table daily_orders (
    user_id text not null references "user" (id) on delete cascade,
    day date not null,
    images integer not null,
    primary key (user_id, day)
  )`,
  sql`insert into daily_orders (user_id, day, images)
    select r.user_id, (i.created_at at time zone 'utc')::date, count(*) from images i join rounds r on r.id = i.round_id
    where i.created_at > now() - interval '8 days' group by 1, 2`,
];

/**
 * Marks images whose generator the history has named, because they can no longer be judged blind. Before this version the history named generators a day after
 * the answer, so images with answers older than a day are marked.
 */
const REVEALED = [
  sql`alter table images add revealed_at timestamptz`,
  sql`update images set revealed_at = now() where id in (
    select unnest(array[c.left_image, c.right_image]) from rankings k join comparisons c on c.id = k.comparison_id
    where k.created_at < now() - interval '1 day')`,
];

/**
 * Marks answers given faster than a person can see, and stores when a pair was first sent to its person. For older pairs, that is when they were
 * made.
 */
const SEEN = [
  sql`alter table comparisons add shown_at timestamptz`,
  sql`update comparisons set shown_at = created_at`,
  sql`alter table rankings add too_fast boolean not null default false`,
];

/**
 * Drops an index whose images are all in images_queue or images_leased. It cost one more write per image, and PostgreSQL sometimes read it from end to end
 * instead of using the right one.
 */
const ONE_QUEUE = [sql`drop index images_waiting`];

/**
 * Lets a round be finished: the history names generators of finished rounds only, and a finished round takes no more answers. Rounds with images that the
 * history has already named are finished here, so that no person judges an image whose generator is known to them.
 */
const FINISHED = [
  sql`alter table rounds add finished_at timestamptz`,
  sql`update rounds set finished_at = now(), version = version + 1, problem_code = 'PICKAPIC_ROUND_FINISHED',
    problem_message = ${sql.lit(new ServerError("PICKAPIC_ROUND_FINISHED").message)}
    where id in (select round_id from images where revealed_at is not null)`,
  sql`update comparisons set skipped_at = now() where id in (select comparison_id from rounds where finished_at is not null)`,
  sql`update rounds set comparison_id = null where finished_at is not null`,
  sql`update images set state = 'cancelled' where state in ('queued', 'generating')
    and round_id in (select id from rounds where finished_at is not null)`,
  sql`alter table images drop column revealed_at`,
];

/**
 * Lets settings be null that a backend does not have, stores what an image was asked with where that differs from its round, and with which probability
 * images and pairs were drawn. Images of older versions got the negative prompt of their round.
 */
const REAL_MODELS = [
  sql`alter table images
    alter column seed drop not null,
    alter column guidance_scale drop not null,
    alter column steps drop not null,
    alter column scheduler drop not null,
    alter column request_width drop not null,
    alter column request_height drop not null,
    add column asked_prompt text,
    add column asked_negative_prompt text,
    add column draw_probability double precision,
    add column price double precision`,
  sql`update images i set asked_negative_prompt = r.negative_prompt from rounds r where r.id = i.round_id`,
  sql`alter table comparisons add column draw_probability double precision`,
  sql`create table model_days (
    model text not null,
    day date not null,
    images integer not null,
    primary key (model, day)
  )`,
  sql`create unlogged table model_troubles (
    model text primary key,
    reason text not null,
    failures integer not null,
    since timestamptz not null,
    last_at timestamptz not null
  )`,
];

/**
 * Makes answers cheaper. The rows that these keys refer to are found by the statement that inserts the reference, and are deleted only together with their
 * round, so each check repeated what was known: an answer ran three of eight checks and wrote five index entries for them. Rounds, people and counts
 * get room in their pages, so that a change of them writes no index.
 */
const FEWER_CHECKS = [
  sql`alter table comparisons drop constraint comparisons_left_image_fkey, drop constraint comparisons_right_image_fkey`,
  sql`alter table rounds drop constraint rounds_comparison_id_fkey`,
  sql`drop index comparisons_left, comparisons_right, rounds_comparison`,
  ...["rounds", "people", "daily_orders"].map((table) => sql`alter table ${sql.ref(table)} set (fillfactor = 70)`),
];

/** Says which picture made earlier an image is, so that a round shows each once. */
const MADE_EARLIER = [sql`alter table images add column picture integer`];

/** Says how the image of a ranked entry was picked from several (RankedPick). */
const RANKED = [sql`alter table images add column ranked jsonb`];

/** The best-of-n page: its prompts are rounds that show no pairs, and its images have the score of a scorer. */
const BEST_OF = [
  sql`alter table rounds add column best_of integer`,
  sql`alter table images add column score double precision`,
  sql`create index rounds_best_of on rounds (user_id, created_at) where best_of is not null`,
];

/** All migrations. They run in the order of their names. */
export const MIGRATIONS: Record<string, Migration> = {
  "0001-accounts": { up: (db) => runAll(db, ACCOUNTS) },
  "0002-loop": { up: (db) => runAll(db, LOOP) },
  "0003-cleaning": { up: (db) => runAll(db, CLEANING) },
  "0004-ways-out": { up: (db) => runAll(db, WAYS_OUT) },
  "0005-turns": { up: (db) => runAll(db, TURNS) },
  "0006-file-store": { up: (db) => runAll(db, FILE_STORE) },
  "0007-cheap-answers": { up: (db) => runAll(db, CHEAP_ANSWERS) },
  "0008-revealed": { up: (db) => runAll(db, REVEALED) },
  "0009-seen": { up: (db) => runAll(db, SEEN) },
  "0010-finished": { up: (db) => runAll(db, FINISHED) },
  "0010-one-queue": { up: (db) => runAll(db, ONE_QUEUE) },
  "0011-real-models": { up: (db) => runAll(db, REAL_MODELS) },
  "0012-fewer-checks": { up: (db) => runAll(db, FEWER_CHECKS) },
  "0013-made-earlier": { up: (db) => runAll(db, MADE_EARLIER) },
  "0014-ranked": { up: (db) => runAll(db, RANKED) },
  "0015-best-of": { up: (db) => runAll(db, BEST_OF) },
};

async function runAll(db: Kysely<unknown>, statements: readonly ReturnType<typeof sql>[]): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

/**
 * Brings the database up to date: runs all missing migrations in one transaction. Kysely's lock lets one process migrate at a time.
 * @throws ServerError PICKAPIC_DATABASE_NEWER or PICKAPIC_MIGRATION_FAILED; then nothing has changed
 */
export async function migrate<T>(db: Kysely<T>, migrations = MIGRATIONS): Promise<void> {
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const migrator = new Migrator({ db, provider, migrationTableName: "migrations", migrationLockTableName: "migrations_lock" });
  const done = await migrator.getMigrations().then(
    (list) => list.length,
    () => 0,
  );
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (done > 0 && String(error).includes("missing")) throw new ServerError("PICKAPIC_DATABASE_NEWER");
  const failed = results?.find(({ status }) => status === "Error")?.migrationName ?? "(before the first)";
  throw new ServerError("PICKAPIC_MIGRATION_FAILED", failed, reasonOf(error));
}

/**
 * Migrates the database at a URL, over a connection of its own with a long timeout, because statements of a migration may take minutes.
 * @throws ServerError PICKAPIC_DATABASE_NEWER or PICKAPIC_MIGRATION_FAILED
 */
export async function bringUpToDate(url: string): Promise<void> {
  const connection = connect(
    url,
    { size: 1, name: "pickapic migrations", statementTimeoutMs: LONG_STATEMENT_MS },
    () => undefined,
  );
  await migrate(connection.db).finally(() => connection.close());
}
