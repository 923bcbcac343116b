import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { History, Round } from "../src/api.ts";
import { connect } from "../src/database/database.ts";
import { runningEmbedded } from "../src/database/embedded.ts";
import { folderStore } from "../src/files/folderStore.ts";
import { type ImageFiles, imageFiles } from "../src/files/imageFiles.ts";
import { announcement } from "../src/files/loose.ts";
import { forget } from "../src/jobs/forget.ts";
import { generateImage } from "../src/jobs/generate.ts";
import { takeImage } from "../src/jobs/leases.ts";
import { openScorers } from "../src/jobs/scorers.ts";
import { Troubles } from "../src/jobs/troubles.ts";
import { resolveSettings } from "../src/resolveSettings.ts";
import {
  answer,
  answerAndGoOn,
  codeOf,
  fakeBackend,
  type House,
  idOf,
  messageOf,
  must,
  openHouse,
  PATIENT,
  roundOf,
  send,
  startRound,
  stranger,
  until,
  writePrompt,
} from "./house.ts";

const settings = resolveSettings({ backends: [fakeBackend()], unansweredDays: 30 }, {});
const log = pino({ level: "silent" });

let house: House;
beforeAll(async () => {
  house = await openHouse({ imagesAhead: 1 });
});
afterAll(() => house.close());

/** One night. */
async function clean(files: ImageFiles = imageFiles(folderStore(join(house.folder, "files")))): Promise<void> {
  const connection = connect((await runningEmbedded(house.folder)) ?? "", { size: 4 }, () => undefined);
  await forget({ db: connection.db, files, settings, log }).finally(() => connection.close());
}

/** Everything that happened in a round happened so many days earlier. */
async function age(round: string, days: number): Promise<void> {
  const back = `- $2 * interval '1 day'`;
  const comparisons = "(select id from comparisons where round_id = $1)";
  await house.sql(`update images set created_at = created_at ${back}, ready_at = ready_at ${back} where round_id = $1`, [
    round,
    days,
  ]);
  await house.sql(`update comparisons set created_at = created_at ${back} where round_id = $1`, [round, days]);
  await house.sql(`update rounds set created_at = created_at ${back} where id = $1`, [round, days]);
  await house.sql(
    `update rankings set created_at = created_at ${back}, withdrawn_at = withdrawn_at ${back} where comparison_id in ${comparisons}`,
    [round, days],
  );
}

/** The hour in which a file may still be on its way to its image has passed. */
function settleFiles() {
  return house.sql("update loose_files set since = since - interval '2 hours'");
}

async function filesOf(round: string): Promise<string[]> {
  await expect
    .poll(() => house.sql("select 1 from images where round_id = $1 and state <> 'ready'", [round]), PATIENT)
    .toEqual([]);
  const rows = await house.sql<{ content_hash: string }>("select content_hash from images where round_id = $1 order by number", [
    round,
  ]);
  return rows.map(({ content_hash }) => content_hash);
}

function lies(hash: string): Promise<boolean> {
  const path = join(house.folder, "files/images", hash.slice(0, 2), `${hash}.jpg`);
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function lying(hashes: readonly string[]): Promise<boolean[]> {
  return Promise.all(hashes.map(lies));
}

describe("a round that nobody goes on with", () => {
  test("keeps everything for 30 days, then loses the pictures of its open pair and those that were prepared", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const hashes = await filesOf(round.id);
    expect(hashes).toHaveLength(3);
    await age(round.id, 29);
    await settleFiles();
    await clean();
    expect(await lying(hashes)).toEqual([true, true, true]);
    await age(round.id, 2);
    await clean();
    await settleFiles();
    await clean();
    expect(await lying(hashes)).toEqual([false, false, false]);
    const image = await stranger(house.url).send("GET", comparison.left.url);
    expect([image.status, codeOf(image)]).toEqual([404, "PICKAPIC_IMAGE_UNKNOWN"]);
  });

  test("says so to an answer that comes after that, and another try brings new pictures", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    await filesOf(round.id);
    await age(round.id, 31);
    await clean();
    const late = await send(judge, comparison.id, "left");
    expect([late.status, codeOf(late)]).toEqual([410, "PICKAPIC_PAIR_EXPIRED"]);
    expect(messageOf(late)).toMatch(/30 days.*kept/);
    expect(codeOf(await send(await house.judge(), comparison.id, "left"))).toBe("PICKAPIC_COMPARISON_UNKNOWN");
    const stuck = await roundOf(judge, round.id);
    expect(stuck).toMatchObject({ state: "failed", comparison: null, upcoming: [], problem: { code: "PICKAPIC_PAIR_EXPIRED" } });
    await must(judge.send("POST", `/api/rounds/${round.id}/retry`));
    const again = await until(judge, round.id, "ready");
    expect(codeOf(await send(judge, comparison.id, "left"))).toBe("PICKAPIC_PAIR_EXPIRED");
    expect((await answer(judge, again.comparison!.id, "left")).round.answers).toBe(1);
  });

  test("keeps every answered pair, its history and its undo, and goes on from the picture that was preferred", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const { reply, next } = await answerAndGoOn(judge, comparison.id, "left");
    await filesOf(round.id);
    await age(round.id, 31);
    await clean();
    await settleFiles();
    await clean();
    for (const { url } of [comparison.left, comparison.right]) await must(judge.send("GET", url));
    expect(codeOf(await send(judge, next.id, "left"))).toBe("PICKAPIC_PAIR_EXPIRED");
    expect(codeOf(await send(judge, comparison.id, "left"))).toBe("PICKAPIC_ALREADY_ANSWERED");
    const undone = Round.parse((await must(judge.send("DELETE", `/api/rankings/${reply.ranking}`))).body);
    expect(undone).toMatchObject({ state: "ready", problem: null, comparison });
    await answer(judge, comparison.id, "left");
    const { comparison: then } = await until(judge, round.id, "ready");
    expect([then!.left.url, then!.right.url]).toContain(comparison.left.url);
    expect([then!.left.url, then!.right.url].includes(idOf(next.left.url))).toBe(false);
    expect(History.parse((await must(judge.send("GET", "/api/history"))).body).items).toHaveLength(1);
  });

  test("loses a pair whose answer was taken back, unless another answer holds one of its pictures", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const { reply, next } = await answerAndGoOn(judge, comparison.id, "left");
    await answerAndGoOn(judge, next.id, "tie");
    const rows =
      "select id from rankings k where comparison_id in (select id from comparisons where round_id = $1) order by id desc limit 1";
    const [last] = await house.sql<{ id: number }>(rows, [round.id]);
    await must(judge.send("DELETE", `/api/rankings/${last?.id}`));
    await filesOf(round.id);
    await age(round.id, 31);
    await clean();
    const kept = await house.sql<{ id: string }>("select id from images where round_id = $1 and state = 'ready'", [round.id]);
    expect(new Set(kept.map(({ id }) => id))).toEqual(new Set([idOf(comparison.left.url), idOf(comparison.right.url)]));
    expect((await roundOf(judge, round.id)).lastRanking).toBe(reply.ranking);
  });

  test("stays as long as somebody goes on with it: an undo a month later counts too", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const { reply } = await answerAndGoOn(judge, comparison.id, "left");
    await filesOf(round.id);
    await age(round.id, 31);
    await must(judge.send("DELETE", `/api/rankings/${reply.ranking}`));
    await clean();
    expect(await roundOf(judge, round.id)).toMatchObject({ state: "ready", comparison });
  });

  test("and has no answer is forgotten altogether after a year", async () => {
    const judge = await house.judge();
    const [silent, answered] = [await startRound(judge), await startRound(judge)];
    await answerAndGoOn(judge, answered.comparison.id, "left");
    for (const { round } of [silent, answered]) {
      await filesOf(round.id);
      await age(round.id, 366);
    }
    await clean();
    expect((await judge.send("GET", `/api/rounds/${silent.round.id}`)).status).toBe(404);
    expect((await roundOf(judge, answered.round.id)).answers).toBe(1);
    expect(codeOf(await send(judge, silent.comparison.id, "left"))).toBe("PICKAPIC_COMPARISON_UNKNOWN");
  });
});

describe("cleaning", () => {
  test("that is cut off between row and file leaves a file that the next one takes, and one that is gone is no trouble", async () => {
    const judge = await house.judge();
    const rounds = [await startRound(judge), await startRound(judge)];
    const hashes = (await Promise.all(rounds.map(({ round }) => filesOf(round.id)))).flat();
    for (const { round } of rounds) await age(round.id, 31);
    await clean();
    await settleFiles();
    const files = imageFiles(folderStore(join(house.folder, "files")));
    let deleted = 0;
    const dying = async (hash: string) => {
      if (hashes.includes(hash) && ++deleted > 2) throw new Error("killed");
      await files.delete(hash);
    };
    await clean({ ...files, delete: dying });
    expect((await lying(hashes)).filter(Boolean)).toHaveLength(hashes.length - 2);
    await clean();
    await clean();
    expect((await lying(hashes)).some(Boolean)).toBe(false);
    expect(await house.sql("select 1 from loose_files where content_hash = any($1)", [hashes])).toEqual([]);
  });

  test("takes the file of an image that was stored and never named, and no file that an image names", async () => {
    const judge = await house.judge();
    const { round } = await startRound(judge);
    const [named = ""] = await filesOf(round.id);
    const connection = connect((await runningEmbedded(house.folder)) ?? "", {}, () => undefined);
    const files = imageFiles(folderStore(join(house.folder, "files")));
    const orphan = await files.put(new TextEncoder().encode("its worker was killed"));
    const foreign = await files.put(new TextEncoder().encode("of another database"));
    for (const hash of [orphan, named]) await announcement(hash).execute(connection.db);
    await connection.close();
    await clean();
    expect(await lying([orphan, named, foreign])).toEqual([true, true, true]);
    await settleFiles();
    await clean();
    expect(await lying([orphan, named, foreign])).toEqual([false, true, true]);
  });

  test("that overtakes a worker which slept between file and row deletes nothing for good: the worker stores the file again", async () => {
    const own = await openHouse({ runWorker: false });
    try {
      await writePrompt(await own.judge());
      const connection = connect((await runningEmbedded(own.folder)) ?? "", { size: 4 }, () => undefined);
      const files = imageFiles(folderStore(join(own.folder, "files")));
      let stored = 0;
      const sleepy: ImageFiles = {
        ...files,
        async put(bytes) {
          const hash = await files.put(bytes);
          if (++stored > 1) return hash;
          await own.sql("update loose_files set since = since - interval '2 hours'");
          await forget({ db: connection.db, files, settings, log });
          await expect(files.get(hash)).rejects.toThrow();
          return hash;
        },
      };
      const { db } = connection;
      const effects = {
        db,
        files: sleepy,
        settings: { ...settings, backends: [own.backend] },
        log,
        worker: "sleepy",
        troubles: new Troubles(db),
        scorers: openScorers(undefined, null),
      };
      const taken = await takeImage(db, "sleepy");
      if (taken) await generateImage(taken, effects, new AbortController().signal);
      const [made] = await own.sql<{ content_hash: string }>("select content_hash from images where state = 'ready'");
      expect((await files.get(made?.content_hash ?? "")).length).toBeGreaterThan(0);
      await connection.close();
    } finally {
      await own.close();
    }
  });

  test("leaves nothing to clean where everything was answered: made images are named, and no file is loose", async () => {
    const { round } = await startRound(await house.judge());
    const hashes = await filesOf(round.id);
    expect(await house.sql("select 1 from loose_files where content_hash = any($1)", [hashes])).toEqual([]);
    expect((await readdir(join(house.folder, "files/images"))).length).toBeGreaterThan(0);
  });
});
