/**
 * @file Checks that a file store belongs to a database. The store has an id in the file `store-id`, and the database holds the same id. So a server or worker that was
 * given the wrong store is refused. Otherwise pictures would be spread over two stores, and each server would miss those in the other.
 */
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { reasonOf, ServerError } from "../errors.ts";
import type { FileStore } from "./fileStore.ts";

const KEY = "store-id";

/**
 * Checks the file store of a server. At the first start it ties the store to the database: both get the same id.
 * @throws ServerError PICKAPIC_FILES_FOREIGN if the pictures of the database are in another store, PICKAPIC_FILE_STORE_UNUSABLE
 */
export async function tieStore(db: Database, store: FileStore): Promise<void> {
  const own = await idIn(store);
  const offered = own ?? randomUUID();
  await sql`insert into file_store (id) values (${offered}) on conflict do nothing`.execute(db);
  const known = await knownId(db);
  if (own === null && known === offered) await store.put(KEY, `${known}\n`);
  else refuseOther(store, own, known);
}

/**
 * Checks the file store of a worker.
 * @throws ServerError PICKAPIC_FILES_FOREIGN unless it is the file store that the servers of this database use,
 * PICKAPIC_FILE_STORE_UNUSABLE
 */
export async function checkStore(db: Database, store: FileStore): Promise<void> {
  refuseOther(store, await idIn(store), await knownId(db));
}

function refuseOther(store: FileStore, own: string | null, known: string | null): void {
  if (own === null || own !== known) throw new ServerError("PICKAPIC_FILES_FOREIGN", store.name, own ?? "none", known ?? "none");
}

async function idIn(store: FileStore): Promise<string | null> {
  const bytes = await store.get(KEY).catch((error: unknown) => {
    throw new ServerError("PICKAPIC_FILE_STORE_UNUSABLE", store.name, reasonOf(error));
  });
  const text = new TextDecoder().decode(bytes ?? new Uint8Array()).trim();
  return text === "" ? null : text;
}

async function knownId(db: Database): Promise<string | null> {
  const row = await db.selectFrom("file_store").select("id").executeTakeFirst();
  return row?.id ?? null;
}
