/**
 * @file Checks that a file store belongs to a database. The store has an id in a file, and the database holds the same id. So a server or worker that was
 * given the wrong folder is refused. Otherwise pictures would be spread over two stores, and each server would miss those in the other.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { ServerError } from "../errors.ts";

const FILE = "store-id";

/**
 * Checks the file store of a server. At the first start it ties the store to the database: both get the same id.
 * @param folder the folder of the file store
 * @throws ServerError PICKAPIC_FILES_FOREIGN if the pictures of the database are in another store
 */
export async function tieStore(db: Database, folder: string): Promise<void> {
  const own = await idIn(folder);
  const offered = own ?? randomUUID();
  await sql`insert into file_store (id) values (${offered}) on conflict do nothing`.execute(db);
  const known = await knownId(db);
  if (own === null && known === offered) await writeWholeFile(join(folder, FILE), `${known}\n`);
  else refuseOther(folder, own, known);
}

/**
 * Checks the file store of a worker.
 * @throws ServerError PICKAPIC_FILES_FOREIGN unless the folder is the file store that the servers of this database use
 */
export async function checkStore(db: Database, folder: string): Promise<void> {
  refuseOther(folder, await idIn(folder), await knownId(db));
}

function refuseOther(folder: string, own: string | null, known: string | null): void {
  if (own === null || own !== known) throw new ServerError("PICKAPIC_FILES_FOREIGN", folder, own ?? "none", known ?? "none");
}

async function idIn(folder: string): Promise<string | null> {
  const text = (await readFile(join(folder, FILE), "utf8").catch(() => "")).trim();
  return text === "" ? null : text;
}

async function knownId(db: Database): Promise<string | null> {
  const row = await db.selectFrom("file_store").select("id").executeTakeFirst();
  return row?.id ?? null;
}
