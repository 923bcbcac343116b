/** @file Migrations 8 and later. A published migration is never changed. */
import { sql } from "kysely";
import { ServerError } from "../../errors.ts";

/**
 * Marks images whose generator the history has named, because they can no longer be judged blind. Before this version the history named generators a day after
 * the answer, so images with answers older than a day are marked.
 */
export const REVEALED = [
  sql`alter table images add revealed_at timestamptz`,
  sql`update images set revealed_at = now() where id in (
    select unnest(array[c.left_image, c.right_image]) from rankings k join comparisons c on c.id = k.comparison_id
    where k.created_at < now() - interval '1 day')`,
];

/**
 * Marks answers given faster than a person can see, and stores when a pair was first sent to its person. For older pairs, that is when they were
 * made.
 */
export const SEEN = [
  sql`alter table comparisons add shown_at timestamptz`,
  sql`update comparisons set shown_at = created_at`,
  sql`alter table rankings add too_fast boolean not null default false`,
];

/**
 * Drops an index whose images are all in images_queue or images_leased. It cost one more write per image, and PostgreSQL sometimes read it from end to end
 * instead of using the right one.
 */
export const ONE_QUEUE = [sql`drop index images_waiting`];

/**
 * Lets a round be finished: the history names generators of finished rounds only, and a finished round takes no more answers. Rounds with images that the
 * history has already named are finished here, so that no person judges an image whose generator is known to them.
 */
export const FINISHED = [
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
 * Lets a setting be null if the backend does not have it. Stores the request of an image where it differs from its round, and the probability with which
 * images and pairs were drawn. Images of older versions got the negative prompt of their round.
 */
export const REAL_MODELS = [
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
export const FEWER_CHECKS = [
  sql`alter table comparisons drop constraint comparisons_left_image_fkey, drop constraint comparisons_right_image_fkey`,
  sql`alter table rounds drop constraint rounds_comparison_id_fkey`,
  sql`drop index comparisons_left, comparisons_right, rounds_comparison`,
  ...["rounds", "people", "daily_orders"].map((table) => sql`alter table ${sql.ref(table)} set (fillfactor = 70)`),
];

/** Says which picture made earlier an image is, so that a round shows each once. */
export const MADE_EARLIER = [sql`alter table images add column picture integer`];

/** Says how the image of a ranked entry was picked from several (RankedPick). */
export const RANKED = [sql`alter table images add column ranked jsonb`];

/** The best-of-n page: its prompts are rounds that show no pairs, and its images have the score of a scorer. */
export const BEST_OF = [
  sql`alter table rounds add column best_of integer`,
  sql`alter table images add column score double precision`,
  sql`create index rounds_best_of on rounds (user_id, created_at) where best_of is not null`,
];
