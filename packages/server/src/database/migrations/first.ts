/** @file The tables of the first version: accounts, people, rounds, images and answers. A published migration is never changed. */
import { sql } from "kysely";

/** The tables that better-auth 1.7 needs with its anonymous plugin. A test asks better-auth whether anything is missing. */
export const ACCOUNTS = [
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

/** The loop of prompts, images, comparisons and answers. */
export const LOOP = [
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
