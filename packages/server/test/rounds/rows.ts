/** @file A database of its own for a test file, and rows in it, for functions that read and change rounds. No server runs and no picture is made. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { readyDatabase } from "../../../../test/support/readyDatabase.ts";
import type { Person } from "../../src/auth/sessions.ts";
import { type Connection, connect, type Database, type Tx } from "../../src/database/database.ts";
import { openEmbedded } from "../../src/database/embedded.ts";
import type { ImageState } from "../../src/database/tables.ts";
import { resolveSettings } from "../../src/resolveSettings.ts";
import type { ResolvedSettings, ServerSettings } from "../../src/settings.ts";
import { fakeBackend, temporaryFolder } from "../house.ts";

/** Columns of a row by their names. */
type Columns = Readonly<Record<string, unknown>>;

/** A database, and how rows come into it. Each row that is not described further has what a running server would write. */
export interface Rows {
  readonly url: string;
  readonly db: Database;
  sql<T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** Runs a change as a request does. */
  inTransaction<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /** A person who has agreed. */
  person(): Promise<Person>;
  /** A round of a person. @returns its id */
  round(person: Person, columns?: Columns): Promise<string>;
  /** An image of a round. @returns its id */
  image(round: string, state?: ImageState, columns?: Columns): Promise<string>;
  /** A pair of two ready images, which its round does not show. @returns its id */
  pair(round: string, columns?: Columns): Promise<string>;
  /** A pair of two ready images, which its round shows. @returns its id */
  shownPair(round: string, columns?: Columns): Promise<string>;
  /** An answer to a pair. @returns its id */
  answer(pair: string, person: Person, columns?: Columns): Promise<number>;
  /** The one row of a table with this id. */
  row(table: "rounds" | "images" | "comparisons" | "rankings", id: string | number): Promise<Columns>;
  close(): Promise<void>;
}

/** Settings of a server with three models, of which none makes a picture. */
export function settingsOf(given: Partial<ServerSettings> = {}): ResolvedSettings {
  return resolveSettings({ backends: [fakeBackend()], fastestAnswerMs: 0, ...given }, {});
}

/**
 * Starts a database before the tests of a file and stops it after them.
 * @param channel what PostgreSQL tells on this channel is noted: `told` returns what was told since it was called last
 */
export function rowsOfFile(channel: string): { rows: Rows; told: () => Promise<string[]> } {
  // Filled before the first test.
  const rows = {} as Rows;
  let heard: Awaited<ReturnType<typeof listening>> | undefined;
  beforeAll(async () => {
    Object.assign(rows, await openRows());
    heard = await listening(rows.url, channel);
  });
  afterAll(async () => {
    await heard?.close();
    await rows.close();
  });
  return { rows, told: async () => (await heard?.told()) ?? [] };
}

/** Starts a database with all tables and no row. */
async function openRows(): Promise<Rows> {
  const folder = await temporaryFolder();
  await readyDatabase(folder);
  const database = await openEmbedded(folder);
  const connection = connect(database.url, { size: 4, byKey: true }, () => undefined);
  return {
    url: database.url,
    ...writing(connection),
    async close() {
      await connection.close();
      await database.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function writing({ db, pool }: Connection): Omit<Rows, "url" | "close"> {
  const sql: Rows["sql"] = async (text, values = []) => (await pool.query(text, [...values])).rows;
  const insert = async (table: string, columns: Columns): Promise<Columns> => {
    const names = Object.keys(columns);
    const slots = names.map((_, at) => `$${at + 1}`).join(", ");
    const text = `insert into ${table} (${names.join(", ")}) values (${slots}) returning *`;
    return (await sql(text, Object.values(columns)))[0] ?? {};
  };
  const image: Rows["image"] = async (round, state = "ready", columns = {}) => {
    const made = { content_hash: randomUUID(), width: 64, height: 48, ready_at: new Date() };
    const base = { id: randomUUID(), round_id: round, state, backend: "fake", model: "model-a", draw_probability: 0.5 };
    return String((await insert("images", { ...base, ...(state === "ready" ? made : {}), ...columns })).id);
  };
  const pair: Rows["pair"] = async (round, columns = {}) => {
    const left_image = columns.left_image ?? (await image(round));
    const right_image = columns.right_image ?? (await image(round));
    const models = { left_model: "model-a", right_model: "model-a", consent_version: "v" };
    const base = { id: randomUUID(), round_id: round, ...models, left_image, right_image, shown_at: new Date() };
    return String((await insert("comparisons", { ...base, ...columns })).id);
  };
  return {
    db,
    sql,
    image,
    pair,
    inTransaction: (change) => db.transaction().execute(change),
    async person() {
      const id = randomUUID();
      await sql(`insert into "user" (id, name, email, "emailVerified", "updatedAt") values ($1, 'Guest', $1, false, now())`, [
        id,
      ]);
      await insert("people", { user_id: id, ranker_id: Math.floor(Math.random() * 2 ** 50), consent_version: "v", karma: 5 });
      return { id, name: "Guest", guest: true, karma: 5, consentVersion: "v", banned: false, session: "s" };
    },
    round: async ({ id }, columns = {}) =>
      String(
        (await insert("rounds", { id: randomUUID(), user_id: id, prompt: "a cat", negative_prompt: "rain", ...columns })).id,
      ),
    async shownPair(round, columns = {}) {
      const id = await pair(round, columns);
      await sql("update rounds set comparison_id = $1 where id = $2", [id, round]);
      return id;
    },
    answer: async (comparison, { id }, columns = {}) => {
      const base = { comparison_id: comparison, user_id: id, choice: "left", answer_ms: 900, consent_version: "v" };
      return Number((await insert("rankings", { ...base, ...columns })).id);
    },
    row: async (table, id) => (await sql<pg.QueryResultRow>(`select * from ${table} where id = $1`, [id]))[0] ?? {},
  };
}

/** Notes what PostgreSQL tells on a channel. */
async function listening(url: string, channel: string): Promise<{ told(): Promise<string[]>; close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const payloads: string[] = [];
  client.on("notification", ({ payload = "" }) => void payloads.push(payload));
  await client.query(`listen ${channel}`);
  return {
    // What was told before comes before the answer to a later statement.
    told: async () => {
      await client.query("select 1");
      return payloads.splice(0);
    },
    close: () => client.end(),
  };
}
