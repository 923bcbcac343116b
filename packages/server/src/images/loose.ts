/**
 * @file Files that may be on the disk without an image that names them. A file is listed here before it is stored, and again when
 * its image is deleted; it is removed from the list when an image names it. So a crash at any moment leaves an entry here, and
 * only listed files are ever deleted: a server with the wrong database cannot delete people's images.
 */
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import type { ImageFiles } from "./files.ts";

/**
 * Hours before a listed file may be deleted. Normally moments pass until an image names it, unless the machine slept or the
 * database was away.
 */
const SETTLED_AFTER = 1;
/** Files per transaction. */
const BATCH = 100;

/** Lists a file; call it before the file is stored. */
export async function announceFile(db: Database, hash: string): Promise<void> {
  await sql`
    insert into loose_files (content_hash) values (${hash})
    on conflict (content_hash) do update set since = now()`.execute(db);
}

/**
 * Deletes listed files that no image names. `onError` is called for those that cannot be deleted; they are tried again next time.
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
 * Deletes a batch and returns its last hash, or null at the end. The lock on an entry makes a worker wait that stores the same
 * bytes; afterwards it stores them again.
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
