import { spawn } from "node:child_process";
import { chmod, chown, lstat, mkdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, isZombie } from "@pickapic/disk";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readyDatabase } from "../../../../test/support/readyDatabase.ts";
import { findBinaries, makeLinks } from "../../src/database/binaries.ts";
import { checkConnection, connect } from "../../src/database/database.ts";
import { type EmbeddedDatabase, openEmbedded, runningEmbedded } from "../../src/database/embedded.ts";
import { MIGRATIONS, migrate } from "../../src/database/migrations.ts";
import { isDatabaseLost, passingFailure } from "../../src/passing.ts";
import { temporaryFolder } from "../house.ts";

const ignore = () => undefined;

/** The folders that mkdtemp makes are closed to everybody else: PostgreSQL has to get in even when we are root. */
describe("the embedded PostgreSQL", () => {
  let folder: string;
  let database: EmbeddedDatabase;
  beforeAll(async () => {
    folder = await temporaryFolder();
    database = await openEmbedded(folder);
  });
  afterAll(async () => {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(["raw SQL only", "kysely"])("has no connection left after close() of a pool that was used by %s", async (by) => {
    const connection = connect(database.url, {}, ignore);
    if (by === "kysely") await sql`select 1`.execute(connection.db);
    else await checkConnection(connection);
    expect(connection.pool.totalCount).toBe(1);
    await connection.close();
    await connection.close();
    expect([connection.pool.ended, connection.pool.totalCount]).toEqual([true, 0]);
  });

  test("runs in a closed folder, wants its password, and listens on the loopback interface only", async () => {
    const connection = connect(database.url, {}, ignore);
    const { rows } = await sql<{ fsync: string; commit: string; recovery: string; addresses: string }>`
      select current_setting('fsync') fsync, current_setting('synchronous_commit') commit,
        current_setting('recovery_init_sync_method') recovery, current_setting('listen_addresses') addresses`.execute(
      connection.db,
    );
    await connection.close();
    const recovery = process.platform === "linux" ? "syncfs" : "fsync";
    expect(rows[0]).toEqual({ fsync: "on", commit: "on", recovery, addresses: "127.0.0.1" });
    const url = new URL(database.url);
    url.password = "postgres";
    const intruder = connect(url.href, {}, ignore);
    await expect(checkConnection(intruder)).rejects.toMatchObject({ code: "PICKAPIC_DATABASE_REFUSED" });
    await intruder.close();
    expect(await readFile(join(folder, "postgres/pg_hba.conf"), "utf8")).toMatch(/scram-sha-256/);
  });

  test.runIf(process.platform === "linux")("starts though its dead postmaster is a zombie that nobody collects", async () => {
    const own = await temporaryFolder();
    await readyDatabase(own);
    // PostgreSQL looks only at processes of its own user.
    const { uid, gid } = await stat(join(own, "postgres"));
    // The shell starts a process that ends soon, and by then it has become a program that collects no children.
    const parent = spawn("sh", ["-c", "sleep 0.5 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: "/",
      uid,
      gid,
    });
    const pid = Number(await new Promise((done) => parent.stdout.once("data", (text) => done(String(text)))));
    await expect.poll(() => isZombie(pid)).toBe(true);
    const lock = join(own, "postgres/postmaster.pid");
    await writeFile(lock, `${pid}\n${join(own, "postgres")}\n1\n5432\n\n127.0.0.1\n\nready   \n`);
    await chown(lock, uid, gid);
    const started = await openEmbedded(own);
    expect(await runningEmbedded(own)).toBe(started.url);
    await started.stop();
    parent.kill();
    await rm(own, { recursive: true, force: true });
  });

  test("that still runs because its server was killed is adopted by the next, which stops it", async () => {
    const orphaned = await temporaryFolder();
    await readyDatabase(orphaned);
    const embedded = new URL("../../src/database/embedded.ts", import.meta.url).href;
    const program = `
      const { openEmbedded } = await import(${JSON.stringify(embedded)});
      await openEmbedded(${JSON.stringify(orphaned)});
      process.kill(process.pid, "SIGKILL");`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: ["ignore", "ignore", "inherit"] });
    expect(await new Promise((done) => child.once("exit", (_code, signal) => done(signal)))).toBe("SIGKILL");
    const adopted = await openEmbedded(orphaned);
    expect(adopted).toMatchObject({ adopted: true, url: await runningEmbedded(orphaned) });
    await adopted.stop(8_000.5);
    expect(isRunning(adopted.pid)).toBe(false);
    expect(await runningEmbedded(orphaned)).toBeNull();
    // In good order, with a checkpoint: the next start has nothing to recover.
    expect(await readFile(join(orphaned, "postgres.log"), "utf8")).toMatch(
      /received fast shutdown request[\s\S]*database system is shut down/,
    );
    await rm(orphaned, { recursive: true, force: true });
  });

  test("recovers when it was killed itself: the server that has it starts it again at the same address", async () => {
    const connection = connect(database.url, {}, ignore);
    await sql`create table kept (x int)`.execute(connection.db);
    process.kill(database.pid, "SIGKILL");
    await expect.poll(() => runningEmbedded(folder), { timeout: 20_000 }).toBe(database.url);
    await sql`select * from kept`.execute(connection.db);
    await connection.close();
  });

  test("starts although a process of ours has the process id of one that was killed with the machine", async () => {
    await database.stop();
    const other = spawn("sleep", ["60"]);
    await writeFile(join(folder, "postgres/postmaster.pid"), `${other.pid}\n${folder}/postgres\n1\n5432\n\n127.0.0.1\n`);
    database = await openEmbedded(folder);
    expect(database.adopted).toBe(false);
    other.kill();
  });

  test("starts anew after a first start that was killed halfway", async () => {
    const half = await temporaryFolder();
    await mkdir(join(half, "postgres.new/base"), { recursive: true });
    const started = await openEmbedded(half);
    await started.stop();
    await rm(half, { recursive: true, force: true });
  });

  test("that cannot start says why in one sentence, with its log", async () => {
    const broken = await temporaryFolder();
    await mkdir(join(broken, "postgres"), { mode: 0o700 });
    await writeFile(join(broken, "postgres/PG_VERSION"), "9\n");
    const refused = openEmbedded(broken);
    await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_DATABASE_START" });
    await expect(refused).rejects.toThrow(/^The embedded PostgreSQL did not start: pg_ctl said ".+"\. Its log: .*postgres\.log$/);
    await rm(broken, { recursive: true, force: true });
  });

  test("does not exist for every machine", async () => {
    await expect(findBinaries("linux", "pdp11")).rejects.toMatchObject({ code: "PICKAPIC_DATABASE_NO_BINARIES" });
    const { initdb, pgCtl } = await findBinaries();
    for (const path of [initdb, pgCtl]) expect((await stat(path)).mode & 0o111).toBe(0o111);
  });

  test("gets the links of its libraries where npm ran no install script", async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, "native/lib"), { recursive: true });
    await chmod(root, 0o755);
    const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
    await writeFile(join(root, "native/pg-symlinks.json"), JSON.stringify(links));
    await Promise.all([makeLinks(root), makeLinks(root)]);
    expect(await readlink(join(root, "native/lib/libpq.so.5"))).toBe("libpq.so.5.18");
    await makeLinks(root);
    expect((await lstat(join(root, "native/lib/libpq.so.5"))).isSymbolicLink()).toBe(true);
    await rm(root, { recursive: true, force: true });
  });

  describe("migrated", () => {
    const tables = async () => {
      const connection = connect(database.url, {}, ignore);
      const { rows } = await sql<{ name: string }>`
        select table_name as name from information_schema.tables where table_schema = 'public'`.execute(connection.db);
      await connection.close();
      return rows.map(({ name }) => name);
    };
    const run = async (migrations: typeof MIGRATIONS) => {
      const connection = connect(database.url, {}, ignore);
      await migrate(connection.db, migrations).finally(() => connection.close());
    };

    test("by a migration that fails: the start stops, and nothing of it stays", async () => {
      const half = {
        up: async (db: Parameters<(typeof MIGRATIONS)[string]["up"]>[0]) => {
          await sql`create table half (x int)`.execute(db);
          await sql`create table half (x int)`.execute(db);
        },
      };
      const refused = run({ ...MIGRATIONS, "9999-half": half });
      await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_MIGRATION_FAILED" });
      await expect(refused).rejects.toThrow(/9999-half .*already exists/);
      expect(await tables()).not.toContain("half");
      expect(await tables()).not.toContain("rounds");
    });

    test("by two servers at once: each migration runs once", async () => {
      await Promise.all([run(MIGRATIONS), run(MIGRATIONS)]);
      expect(await tables()).toEqual(
        expect.arrayContaining(["rounds", "images", "comparisons", "rankings", "replies", "people", "user"]),
      );
    });

    test("from a version whose history named pictures: their rounds take no more answers; other open pairs stay, and were handed out when they were made", async () => {
      const main = connect(database.url, {}, ignore);
      await sql`create database older`.execute(main.db);
      await main.close();
      const url = new URL(database.url);
      url.pathname = "/older";
      const { db, close } = connect(url.href, {}, ignore);
      await migrate(db, Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < "0009")));
      await sql`insert into "user" (id, name, email, "emailVerified") values ('ada', 'Ada', 'ada@guest.invalid', false)`.execute(
        db,
      );
      for (const [digit, revealed] of [
        ["1", true],
        ["2", false],
      ] as const) {
        const id = (kind: string) => `${digit}0000000-0000-4000-8000-00000000000${kind}`;
        await sql`insert into rounds (id, user_id, prompt, negative_prompt) values (${id("0")}, 'ada', 'a cat', '')`.execute(db);
        for (const [image, state] of [
          [id("1"), "ready"],
          [id("2"), "ready"],
          [id("3"), "queued"],
        ] as const)
          await sql`
            insert into images (id, round_id, state, backend, model, seed, guidance_scale, steps, scheduler, request_width, request_height,
              content_hash, width, height, revealed_at)
            values (${image}, ${id("0")}, ${state}, 'b', 'm', 1, 1, 1, 's', 8, 8, 'h', 8, 8,
              case when ${revealed}::boolean and ${state} = 'ready' then now() end)`.execute(db);
        await sql`
          insert into comparisons (id, round_id, left_image, right_image, left_model, right_model, created_at)
          values (${id("4")}, ${id("0")}, ${id("1")}, ${id("2")}, 'm', 'm', '2026-01-01')`.execute(db);
        await sql`update rounds set comparison_id = ${id("4")} where id = ${id("0")}`.execute(db);
      }
      await migrate(db);
      const { rows } = await sql`
        select o.comparison_id is not null as open, o.finished_at is not null as finished, o.problem_code, c.skipped_at is not null as closed,
          c.shown_at = c.created_at as counted, (select state from images i where i.round_id = o.id and i.content_hash = 'h' order by i.id desc limit 1)
        from rounds o join comparisons c on c.round_id = o.id order by o.id`.execute(db);
      await close();
      expect(rows).toEqual([
        { open: false, finished: true, problem_code: "PICKAPIC_ROUND_FINISHED", closed: true, counted: true, state: "cancelled" },
        { open: true, finished: false, problem_code: null, closed: false, counted: true, state: "queued" },
      ]);
    });

    test("by a newer version: an older one refuses", async () => {
      await run({ ...MIGRATIONS, "9998-newer": { up: async (db) => void (await sql`create table newer (x int)`.execute(db)) } });
      await expect(run(MIGRATIONS)).rejects.toMatchObject({ code: "PICKAPIC_DATABASE_NEWER" });
      expect(await tables()).toContain("newer");
    });
  });
});

test.each([
  ["ECONNREFUSED", "PICKAPIC_DATABASE_UNREACHABLE"],
  ["ETIMEDOUT", "PICKAPIC_DATABASE_UNREACHABLE"],
  ["57P01", "PICKAPIC_DATABASE_UNREACHABLE"],
  ["57014", "PICKAPIC_DATABASE_UNREACHABLE"],
  ["53300", "PICKAPIC_DATABASE_UNREACHABLE"],
  ["53100", "PICKAPIC_DISK_FULL"],
  ["ENOSPC", "PICKAPIC_DISK_FULL"],
  ["EDQUOT", "PICKAPIC_DISK_FULL"],
  ["23505", undefined],
  ["42601", undefined],
])("an error %s is %s, and what passes by itself is told apart from a wrong query", (code, expected) => {
  expect(passingFailure(Object.assign(new Error("x"), { code }))?.code).toBe(expected);
});

test("a broken connection is a lost database although the driver gives no code; what is no error is none", () => {
  expect(isDatabaseLost(new Error("Connection terminated unexpectedly"))).toBe(true);
  expect(isDatabaseLost("x")).toBe(false);
});
