/**
 * @file Files that may lie on the disk without an image that names them. A file is written down here before it is stored, and when its image lets go of it; it
 * is struck off when an image names it. So a kill at any moment leaves a line here, and only files with a line are ever deleted: a server that was
 * pointed at the wrong database must not take everybody's pictures for rubbish.
 */
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import type { ImageFiles } from "./files.ts";

/** Hours. Between a file and the image that names it lie moments, unless the machine slept or the database was away. */
const SETTLED_AFTER = 1;
/** Files per transaction. */
const BATCH = 100;

/** Before the file is stored. */
export async function announceFile(db: Database, hash: string): Promise<void> {
  await sql`
    insert into loose_files (content_hash) values (${hash})
    on conflict (content_hash) do update set since = now()`.execute(db);
}

/** Deletes the files that no image names. `onError` hears of those that could not be deleted: they are tried again the next time. */
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

/** The lock on a line makes a worker that stores the same bytes wait; after that it stores them again. Gives the last hash, null at the end. */
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
