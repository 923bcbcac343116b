/** @file The rankings that may be published, as the dataset wants them. */
import { labelColumns, nanosecondsOf, type PreferenceSource, type RankingRecord } from "@pickapic/dataset";
import { sql } from "kysely";
import type { Choice } from "../api.ts";
import type { Database } from "../database/database.ts";
import { imageUrl } from "../rounds/presenter.ts";
import type { Store } from "./store.ts";

/** Rows read at a time. */
const PAGE = 1_000;

/**
 * Answers that were not taken back, of users who agree and are not banned, oldest first. Image 0 is the one with the smaller uid: which
 * says nothing about slot, age or outcome.
 */
export function preferenceSource(store: Store): PreferenceSource {
  return {
    async *records() {
      // Two readings give the same rankings in the same order: later answers have larger ids and are left out by the writer.
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
    select k.id, p.ranker_id, o.prompt, o.negative_prompt, k.created_at, k.choice, k.answer_ms, k.consent_version, k.simulated, c.kept_image,
      ${shown("l")} as left, ${shown("r")} as right
    from rankings k
    join people p on p.user_id = k.user_id
    join comparisons c on c.id = k.comparison_id
    join rounds o on o.id = c.round_id
    join images l on l.id = c.left_image
    join images r on r.id = c.right_image
    where k.id > ${after} and k.withdrawn_at is null and p.banned_at is null and p.consent_version is not null
    order by k.id limit ${PAGE}`.execute(db);
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

/** Which of image 0 and 1 was preferred. */
function choiceOf(choice: Choice, swapped: boolean): 0 | 1 | "tie" {
  if (choice === "tie") return "tie";
  return (choice === "left") === swapped ? 1 : 0;
}

async function readImage({ db, files }: Store, uid: string): Promise<Uint8Array> {
  const row = await db.selectFrom("images").select("content_hash").where("id", "=", uid).executeTakeFirst();
  if (!row?.content_hash) throw new Error(`image ${uid} of a ranking has no content`);
  return files.get(row.content_hash);
}
