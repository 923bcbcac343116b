import { memorySource, type RankingRecord } from "@pickapic/dataset";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { History } from "../src/api.ts";
import { folderHolder } from "../src/folder/lock.ts";
import { inSizeClass } from "../src/images/sizeClass.ts";
import { startServer } from "../src/index.ts";
import { openStore, preferenceSource } from "../src/store/index.ts";
import {
  answerAndGoOn,
  fakeBackend,
  type House,
  meOf,
  must,
  NO_ENVIRONMENT,
  openHouse,
  startRound,
  temporaryFolder,
  type Visitor,
} from "./house.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function records(folder: string, publicUrl?: string): Promise<RankingRecord[]> {
  const store = await openStore(folder, { publicUrl }, NO_ENVIRONMENT);
  try {
    return await all(preferenceSource(store).records());
  } finally {
    await store.close();
  }
}

describe("the store", () => {
  let house: House;
  let judges: Visitor[];
  beforeAll(async () => {
    house = await openHouse();
    judges = await Promise.all([1, 2, 3].map(() => house.judge()));
    for (const judge of judges) {
      let { comparison } = await startRound(judge, "a red cat [fog]");
      for (const choice of ["left", "right", "tie", "left"] as const)
        comparison = (await answerAndGoOn(judge, comparison.id, choice)).next;
    }
  });
  afterAll(() => house.close());

  test("gives every answer with what was shown, while the server runs", async () => {
    const rows = await records(house.folder, "https://pick.example/");
    expect(rows).toHaveLength(12);
    const times = await house.sql<{ id: number; answer_ms: number }>("select id, answer_ms from rankings");
    // The history names the generators of finished rounds.
    await house.sql("update rounds set finished_at = now()");
    const items = (await Promise.all(judges.map((judge) => judge.send("GET", "/api/history")))).flatMap(
      ({ body }) => History.parse(body).items,
    );
    for (const row of rows) {
      const item = items.find(({ ranking }) => BigInt(ranking) === row.ranking_id)!;
      const [image0, image1] = row.slot_0 === "left" ? [item.left, item.right] : [item.right, item.left];
      expect(row).toMatchObject({
        caption: "a red cat",
        image_0_url: `https://pick.example${image0.url}`,
        image_1_url: `https://pick.example${image1.url}`,
        model_0: image0.model,
        model_1: image1.model,
        seed_0: BigInt(image0.seed!),
        guidance_scale_1: image1.guidanceScale,
        negative_prompt_0: "fog",
        are_different: image0.model !== image1.model,
        has_label: item.choice !== "tie",
        answer_ms: times.find(({ id }) => BigInt(id) === row.ranking_id)!.answer_ms,
        simulated: null,
      });
      const winner = item.choice === "tie" ? "none" : (item.choice === "left" ? item.left : item.right).url.slice(12);
      expect(row.best_image_uid).toBe(winner);
      const label0 = winner === "none" ? 0.5 : winner === row.image_0_uid ? 1 : 0;
      expect([row.label_0, row.label_1]).toEqual([label0, 1 - label0]);
    }
  });

  test("says which image was kept: none at first, then one that the pair before had shown and preferred", async () => {
    const rows = await records(house.folder);
    for (const user of new Set(rows.map(({ user_id }) => user_id))) {
      const [first, second, third] = rows.filter(({ user_id }) => user_id === user);
      expect(first?.kept_image).toBeNull();
      const kept = (row: RankingRecord | undefined) => (row?.kept_image === 0 ? row.image_0_uid : row?.image_1_uid);
      expect(kept(second)).toBe(first?.best_image_uid);
      expect(kept(third)).toBe(second?.best_image_uid);
    }
  });

  test("calls users by stable random numbers, never by their account", async () => {
    const rows = await records(house.folder);
    const users = new Set(rows.map(({ user_id }) => user_id));
    expect(users.size).toBe(3);
    for (const user of users) expect(user).toBeGreaterThan(2n ** 20n);
    const ids = await Promise.all(judges.map(async (judge) => (await meOf(judge)).user!.id));
    const text = JSON.stringify(rows, (_key, value) => (typeof value === "bigint" ? String(value) : value));
    for (const id of ids) expect(text).not.toContain(id);
    expect(new Set((await records(house.folder)).map(({ user_id }) => user_id))).toEqual(users);
  });

  test("gives each image once, as the JPEG that people saw", async () => {
    const store = await openStore(house.folder, {}, NO_ENVIRONMENT);
    const source = preferenceSource(store);
    const [row] = await all(source.records());
    const bytes = await source.readImage(row!.image_0_uid);
    expect((await sharp(bytes).metadata()).format).toBe("jpeg");
    const shown = await fetch(house.url + row!.image_0_url);
    // The filler that hides how long the file is does not go along.
    expect(Buffer.from(await shown.arrayBuffer()).equals(inSizeClass(bytes, 64, 64))).toBe(true);
    expect(bytes.length).toBeLessThan(1_000);
    expect(memorySource([row!], source.readImage).readImage).toBe(source.readImage);
    await store.close();
  });

  test("cannot be written through", async () => {
    const store = await openStore(house.folder, {}, NO_ENVIRONMENT);
    await expect(store.db.deleteFrom("rankings").execute()).rejects.toThrow(/read-only/);
    await store.close();
  });

  test("leaves out answers that were taken back, users who are banned and users who withdrew", async () => {
    const [undone, banned, withdrawn] = judges as [Visitor, Visitor, Visitor];
    const { items } = History.parse((await undone.send("GET", "/api/history")).body);
    // An answer of a finished round stays: here it is as if none had been finished.
    await house.sql("update rounds set finished_at = null");
    await must(undone.send("DELETE", `/api/rankings/${items[0]?.ranking}`));
    await house.sql("update people set banned_at = now() where user_id = $1", [(await meOf(banned)).user?.id]);
    await must(withdrawn.send("DELETE", "/api/consent"));
    const rows = await records(house.folder);
    expect(rows.map(({ ranking_id }) => Number(ranking_id)).sort()).toEqual(
      items
        .slice(1)
        .map(({ ranking }) => ranking)
        .sort(),
    );
    await house.sql("update people set banned_at = null");
    await must(withdrawn.send("POST", "/api/consent", { body: { version: (await meOf(withdrawn)).consent.version } }));
    expect(await records(house.folder)).toHaveLength(11);
  });
});

test("a store whose server does not run is opened all the same, locked meanwhile, and left as it was", async () => {
  const house = await openHouse({ dataFolder: `${await temporaryFolder()}/data` });
  const judge = await house.judge();
  const { comparison } = await startRound(judge);
  await answerAndGoOn(judge, comparison.id, "left");
  await house.close();
  const store = await openStore(house.folder, {}, NO_ENVIRONMENT);
  const settings = { dataFolder: house.folder, port: 0, backends: [fakeBackend()], logLevel: "silent" } as const;
  await expect(startServer(settings, NO_ENVIRONMENT)).rejects.toThrow(`process ${process.pid} (dataset export`);
  expect(await all(preferenceSource(store).records())).toHaveLength(1);
  await store.close();
  expect(await folderHolder(house.folder)).toBeNull();
  await (await startServer(settings, NO_ENVIRONMENT)).close();
});

test("a store that is not there is refused in one sentence", async () => {
  await expect(openStore("/nowhere/data", {}, NO_ENVIRONMENT)).rejects.toThrow(
    /^There is no data folder at \/nowhere\/data: .*pickapic serve/,
  );
});
