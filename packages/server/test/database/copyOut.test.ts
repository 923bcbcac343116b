import { rm } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedDatabase, openEmbedded } from "../../src/database/embedded.ts";
import type { CopiedRow } from "../../src/store/copied.ts";
import { visitCopy } from "../../src/store/copyOut.ts";
import { temporaryFolder } from "../house.ts";

let folder: string;
let database: EmbeddedDatabase;
let client: pg.Client;
beforeAll(async () => {
  folder = await temporaryFolder();
  database = await openEmbedded(folder);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

/** An int4 and a text of a row; null as PostgreSQL's. */
function cells({ view, bytes, starts, lengths }: CopiedRow): [number, string | null] {
  const [number, text] = [starts[0] ?? 0, starts[1] ?? 0];
  const length = lengths[1] ?? -1;
  return [view.getInt32(number), length < 0 ? null : Buffer.from(bytes.subarray(text, text + length)).toString()];
}

/** Rows whose texts are of 0 to 40,000 bytes, so that they end everywhere in what a socket reads, and one is longer than several reads. */
const LENGTH = "case when i % 10 = 0 then null when i = 777 then 900000 else (i * 7919) % 40000 end";
const ROWS = `select i, repeat(chr(97 + i % 26), ${LENGTH}) from generate_series(1, 1500) i`;
const copyOf = (select: string) => `copy (${select}) to stdout (format binary)`;

test("every row of a COPY comes once and in order, whatever its length, with notices between, and the connection goes on", async () => {
  const { rows } = await client.query<{ i: number; repeat: string | null }>(ROWS);
  await client.query(
    "create function said(i int) returns int as $$ begin raise notice 'row %', i; return i; end $$ language plpgsql",
  );
  const notices: (string | undefined)[] = [];
  client.on("notice", ({ message }) => notices.push(message));
  const found: [number, string | null][] = [];
  const select = ROWS.replace("select i", "select case when i % 500 = 0 then said(i) else i end");
  await visitCopy(client, copyOf(select), 2, (row) => found.push(cells(row)));
  expect(found).toEqual(rows.map(({ i, repeat }) => [i, repeat]));
  expect(notices).toEqual(["row 500", "row 1000", "row 1500"]);
  const none: unknown[] = [];
  await visitCopy(client, copyOf("select 1, 'x' where false"), 2, (row) => none.push(cells(row)));
  expect(none).toEqual([]);
  expect((await client.query("select 7 as seven")).rows).toEqual([{ seven: 7 }]);
});

test.each([
  ["before the first row", copyOf("select 1, 'x' from nowhere"), 'relation "nowhere" does not exist'],
  ["between rows", copyOf("select 1 / (1000 - i), 'x' from generate_series(1, 2000) i"), "division by zero"],
])("what PostgreSQL reports %s is thrown, and the connection goes on", async (_, statement, message) => {
  await expect(visitCopy(client, statement, 2, () => undefined)).rejects.toThrow(message);
  expect((await client.query("select 7 as seven")).rows).toEqual([{ seven: 7 }]);
});

test("what the visitor throws is thrown, and so is the end of the connection", async () => {
  const throwing = visitCopy(client, copyOf(ROWS), 2, (row) => {
    if (cells(row)[0] === 700) throw new Error("row 700 is not wanted");
  });
  await expect(throwing).rejects.toThrow("row 700 is not wanted");
  const other = new pg.Client({ connectionString: database.url });
  other.on("error", () => undefined);
  await other.connect();
  const { rows } = await other.query<{ pid: number }>("select pg_backend_pid() as pid");
  const ended = visitCopy(other, copyOf("select 1, pg_sleep(60)::text"), 2, () => undefined);
  // Expected before it is caused: the end may come before the reply to what causes it.
  const expected = expect(ended).rejects.toThrow("terminating connection");
  await client.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
  await expected;
});
