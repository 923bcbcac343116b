/** @file Reads the rankings that may be published, as the source of a dataset. */
import { labelColumns, nanosecondsOf, type PreferenceSource, type RankingRecord } from "@pickapic/dataset";
import { sql } from "kysely";
import type { Choice } from "../api.ts";
import { COUNTS, PERSON_COUNTS } from "../comparisons/counted.ts";
import type { Database } from "../database/database.ts";
import { imageUrl } from "../rounds/presenter.ts";
import type { Store } from "./store.ts";

/** Number of rows per query. */
const PAGE = 1_000;

/**
 * Yields the answers that count, oldest first: without those that were taken back or given faster than a person can see, and without those
 * of users who withdrew their consent or are banned. Image 0 is the one with the smaller uid, which is random and so tells nothing about
 * side, age or outcome.
 */
export function preferenceSource(store: Store): PreferenceSource {
  return {
    async *records() {
      // The dataset writer reads twice and expects the same order. Answers that arrive meanwhile have larger ids, and the writer leaves them out.
      for (let after = 0; ; ) {
        const rows = await readPage(store.db, after);
        for (const row of rows) yield recordOf(row, store.publicUrl);
        const last = rows.at(-1);
        if (!last) return;
        after = last.id;
      }
    },
    readImage: (uid) => readImage(store, uid),
  };
}

/** Numbers of answers that the dataset leaves out, each counted under the first reason that applies. */
export interface LeftOut {
  takenBack: number;
  tooFast: number;
  /** Those of people who withdrew their consent or are banned. */
  ofPeople: number;
}

/** Counts the answers that preferenceSource leaves out. */
export async function countLeftOut({ db }: Store): Promise<LeftOut> {
  const { rows } = await sql<LeftOut>`
    select count(*) filter (where r.withdrawn_at is not null) as "takenBack",
      count(*) filter (where r.withdrawn_at is null and r.too_fast) as "tooFast",
      count(*) filter (where r.withdrawn_at is null and not r.too_fast and not (${PERSON_COUNTS})) as "ofPeople"
    from rankings r join people p on p.user_id = r.user_id`.execute(db);
  return rows[0] ?? { takenBack: 0, tooFast: 0, ofPeople: 0 };
}

interface Shown {
  id: string;
  model: string;
  seed: number;
  guidance: number;
  steps: number;
  scheduler: string;
}

interface Row {
  id: number;
  ranker_id: number;
  prompt: string;
  negative_prompt: string;
  created_at: Date;
  choice: Choice;
  answer_ms: number;
  consent_version: string;
  simulated: object | null;
  kept_image: string | null;
  left: Shown;
  right: Shown;
}

async function readPage(db: Database, after: number): Promise<Row[]> {
  const shown = (image: string) =>
    sql`json_build_object('id', ${sql.ref(`${image}.id`)}, 'model', ${sql.ref(`${image}.model`)}, 'seed', ${sql.ref(`${image}.seed`)},
      'guidance', ${sql.ref(`${image}.guidance_scale`)}, 'steps', ${sql.ref(`${image}.steps`)}, 'scheduler', ${sql.ref(`${image}.scheduler`)})`;
  const { rows } = await sql<Row>`
    select r.id, p.ranker_id, o.prompt, o.negative_prompt, r.created_at, r.choice, r.answer_ms, r.consent_version, r.simulated, c.kept_image,
      ${shown("i0")} as left, ${shown("i1")} as right
    from rankings r
    join people p on p.user_id = r.user_id
    join comparisons c on c.id = r.comparison_id
    join rounds o on o.id = c.round_id
    join images i0 on i0.id = c.left_image
    join images i1 on i1.id = c.right_image
    where r.id > ${after} and ${COUNTS}
    order by r.id limit ${PAGE}`.execute(db);
  return rows;
}

function recordOf(row: Row, site: string): RankingRecord {
  const swapped = row.right.id < row.left.id;
  const [image0, image1] = swapped ? [row.right, row.left] : [row.left, row.right];
  return {
    are_different: image0.model !== image1.model,
    ...labelColumns(choiceOf(row.choice, swapped), image0.id, image1.id),
    caption: row.prompt,
    created_at: nanosecondsOf(row.created_at),
    image_0_uid: image0.id,
    image_0_url: site + imageUrl(image0.id),
    image_1_uid: image1.id,
    image_1_url: site + imageUrl(image1.id),
    model_0: image0.model,
    model_1: image1.model,
    ranking_id: BigInt(row.id),
    user_id: BigInt(row.ranker_id),
    seed_0: BigInt(image0.seed),
    seed_1: BigInt(image1.seed),
    guidance_scale_0: image0.guidance,
    guidance_scale_1: image1.guidance,
    negative_prompt_0: row.negative_prompt,
    negative_prompt_1: row.negative_prompt,
    steps_0: image0.steps,
    steps_1: image1.steps,
    scheduler_0: image0.scheduler,
    scheduler_1: image1.scheduler,
    slot_0: swapped ? "right" : "left",
    kept_image: row.kept_image === null ? null : row.kept_image === image0.id ? 0 : 1,
    answer_ms: row.answer_ms,
    consent_version: row.consent_version,
    simulated: row.simulated === null ? null : JSON.stringify(row.simulated),
  };
}

/** Returns which of image 0 and 1 was preferred. */
function choiceOf(choice: Choice, swapped: boolean): 0 | 1 | "tie" {
  if (choice === "tie") return "tie";
  return (choice === "left") === swapped ? 1 : 0;
}

async function readImage({ db, files }: Store, uid: string): Promise<Uint8Array> {
  const row = await db.selectFrom("images").select("content_hash").where("id", "=", uid).executeTakeFirst();
  if (!row?.content_hash) throw new Error(`image ${uid} of a ranking has no content`);
  return files.get(row.content_hash);
}
