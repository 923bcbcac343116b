/** @file Stores reports of images for the operator. A reported image is not shown in its round again. */
import { sql } from "kysely";
import type { NewReport, ReportedImage, Reports } from "../api.ts";
import type { Person } from "../auth/sessions.ts";
import { closePair } from "../comparisons/skip.ts";
import type { Database, Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { imageUrl } from "../rounds/presenter.ts";
import { lockRound, type RoundRow, type RoundState, stateOf } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";

/**
 * Stores a report. If the image is in the open pair, that pair is closed. A second report of an image by the same person replaces the first.
 * @returns the state of the image's round after the change
 * @throws ServerError PICKAPIC_IMAGE_UNKNOWN, also for an image that this person was never shown
 */
export async function reportImage(
  tx: Tx,
  image: string,
  { reason, note = "" }: NewReport,
  person: Person,
  settings: ResolvedSettings,
): Promise<RoundState> {
  const round = await lockRoundOfImage(tx, image, person.id);
  await tx
    .insertInto("reports")
    .values({ image_id: image, user_id: person.id, reason, note })
    .onConflict((conflict) => conflict.columns(["image_id", "user_id"]).doUpdateSet({ reason, note }))
    .execute();
  const open = round.comparison_id;
  return open !== null && (await shows(tx, open, image)) ? closePair(tx, round.id, open, settings) : stateOf(tx, round.id);
}

async function lockRoundOfImage(tx: Tx, image: string, userId: string): Promise<RoundRow> {
  const { rows } = await sql<{ round_id: string }>`
    select c.round_id from images i join comparisons c on c.round_id = i.round_id and i.id in (c.left_image, c.right_image)
    where i.id = ${image} limit 1`.execute(tx);
  const round = rows[0] && (await lockRound(tx, rows[0].round_id));
  if (!round || round.user_id !== userId) throw new ServerError("PICKAPIC_IMAGE_UNKNOWN");
  return round;
}

async function shows(tx: Tx, comparison: string, image: string): Promise<boolean> {
  const { rows } = await sql`select from comparisons where id = ${comparison} and ${image} in (left_image, right_image)`.execute(
    tx,
  );
  return rows.length > 0;
}

interface Row extends Omit<ReportedImage, "report" | "url" | "createdAt"> {
  id: number;
  image_id: string;
  created_at: Date;
}

/** Returns at most `limit` reports with an id below `before`, newest first. */
export async function listReports(db: Database, before: number, limit: number): Promise<Reports> {
  const { rows } = await sql<Row>`
    select p.id, p.image_id, o.prompt, i.model, p.reason, p.note, p.created_at
    from reports p join images i on i.id = p.image_id join rounds o on o.id = i.round_id
    where p.id < ${before} order by p.id desc limit ${limit + 1}`.execute(db);
  const reports = rows.slice(0, limit).map(({ id, image_id, created_at, ...row }) => {
    return { ...row, report: id, url: imageUrl(image_id), createdAt: created_at.toISOString() };
  });
  return { reports, next: rows.length > limit ? String(reports.at(-1)?.report) : null };
}
