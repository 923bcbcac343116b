/**
 * @file Whether a file store is the one that the pictures of a database lie in. The store has an id of its own, in a file, and the database knows it: so a
 * server or worker that was given another folder is refused, instead of losing every second picture.
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
 * For servers: ties a file store and a database together the first time that they meet.
 * @param folder of the file store
 * @throws ServerError PICKAPIC_FILES_FOREIGN when the database's pictures lie in another store
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
 * For workers.
 * @throws ServerError PICKAPIC_FILES_FOREIGN unless the folder is the file store of the servers of this database
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
