/** @file Migrations 3 to 7: cleaning, ways out of the loop, turns, the file store and cheap answers. A published migration is never changed. */
import { sql } from "kysely";

/** Tables and indexes of the nightly cleaning (expired pictures, files that no image names), and the number of new guests per address and day. */
export const CLEANING = [
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
export const WAYS_OUT = [
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
export const TURNS = [
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
export const FILE_STORE = [
  sql`create table file_store (
    id text primary key,
    only_one boolean not null default true unique check (only_one)
  )`,
];

/** Makes answers fast: the version of a round lets a change be planned without a lock, and images are counted per day when they are ordered. */
export const CHEAP_ANSWERS = [
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
