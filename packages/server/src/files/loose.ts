/**
 * @file The list of loose files: files that may be on the disk without an image that names them. A file is listed before it is stored
 * and when an image that names it expires, and is taken off the list when an image names it. So a crash at any moment leaves the file on
 * the list. Only listed files are ever deleted, so a server with the wrong database cannot delete people's images.
 */
import { type RawBuilder, sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import type { ImageFiles } from "./imageFiles.ts";

/**
 * Hours that a file must have been listed before it may be deleted. Normally an image names it within moments, but the machine may
 * have slept, or the database may have been away.
 */
const SETTLED_AFTER = 1;
/** Number of files per transaction. */
const BATCH = 100;

/** Returns the statement that lists a file as loose. It must run before the file is stored. */
export const announcement = (hash: string): RawBuilder<unknown> => sql`
  insert into loose_files (content_hash) values (${hash})
  on conflict (content_hash) do update set since = now()`;

/**
 * Deletes listed files that no image names. `onError` is called for each that cannot be deleted; it stays listed for the next time.
 */
export async function deleteLooseFiles(db: Database, files: ImageFiles, onError: (error: unknown) => void): Promise<void> {
  for (let last: string | null = ""; last !== null; ) {
    const after: string = last;
    last = await db.transaction().execute((tx) => deleteBatch(tx, files, after, onError));
  }
}

interface LooseFile {
  content_hash: string;
  named: boolean;
}

/**
 * Deletes a batch of files and returns its last hash, or null at the end of the list. While an entry is locked here, a worker that
 * wants to name the same file waits. It then finds the entry gone and stores the file again.
 */
async function deleteBatch(tx: Tx, files: ImageFiles, after: string, onError: (error: unknown) => void): Promise<string | null> {
  const { rows } = await sql<LooseFile>`
    select content_hash, exists (select from images i where i.content_hash = l.content_hash) as named from loose_files l
    where content_hash > ${after} and since < now() - ${SETTLED_AFTER} * interval '1 hour'
    order by content_hash limit ${BATCH} for update skip locked`.execute(tx);
  const settled: string[] = [];
  for (const { content_hash, named } of rows) {
    const done = named || (await files.delete(content_hash).then(() => true, onError));
    if (done) settled.push(content_hash);
  }
  await sql`delete from loose_files where content_hash = any(${settled})`.execute(tx);
  return rows.at(-1)?.content_hash ?? null;
}
