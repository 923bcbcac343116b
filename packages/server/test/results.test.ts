import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { History, Leaderboard, Statistics } from "../src/api.ts";
import { cached } from "../src/http/cached.ts";
import {
  adminToken,
  answerAndGoOn,
  codeOf,
  type House,
  idOf,
  meOf,
  messageOf,
  must,
  openHouse,
  PATIENT,
  startRound,
  stranger,
  type Visitor,
} from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse({ cacheMs: 0 });
});
afterAll(() => house.close());

async function read<T>(path: string, schema: { parse(body: unknown): T }, visitor: Visitor = stranger(house.url)): Promise<T> {
  return schema.parse((await must(visitor.send("GET", path))).body);
}

test("before the first answer the pages have something to show", async () => {
  expect(await read("/api/leaderboard", Leaderboard)).toMatchObject({
    models: [],
    reason: "There is nothing to compare: no answer is about two different models.",
    rankings: 0,
  });
  expect(await read("/api/statistics", Statistics)).toMatchObject({
    rankings: 0,
    tieShare: null,
    medianAnswerMs: null,
    guidance: [],
    answersPerDay: [],
  });
  expect(await read("/api/history", History, await house.judge())).toEqual({ items: [], next: null });
});

describe("after answers", () => {
  const judges: Visitor[] = [];
  let answers = 0;
  let ties = 0;

  /** Two people who prefer model-a to model-b to model-c; two images of one model are a tie. */
  beforeAll(async () => {
    judges.push(await house.judge(), await house.judge());
    const token = await adminToken(house.folder);
    const modelOf = async (url: string) => {
      const reply = await must(
        stranger(house.url).send("GET", `/api/admin/images/${idOf(url)}`, { headers: { authorization: `Bearer ${token}` } }),
      );
      return (reply.body as { request: { model: string } }).request.model;
    };
    for (const judge of judges) {
      for (const prompt of ["a red cat on the moon, three lamps behind", "two red boats above 12 lamps on a white background"]) {
        let { comparison } = await startRound(judge, prompt);
        for (let i = 0; i < 6; i++) {
          const [left, right] = [await modelOf(comparison.left.url), await modelOf(comparison.right.url)];
          const choice = left === right ? "tie" : left < right ? "left" : "right";
          comparison = (await answerAndGoOn(judge, comparison.id, choice)).next;
          answers++;
          if (choice === "tie") ties++;
        }
      }
    }
  });

  test("the history shows one's own answers, newest first, in pages, and reveals the models", async () => {
    for (const { id } of await house.sql<{ id: string }>("select id from rounds"))
      await judges[0]!.send("POST", `/api/rounds/${id}/finish`);
    const first = await read("/api/history?limit=10", History, judges[0]);
    const second = await read(`/api/history?limit=10&before=${first.next}`, History, judges[0]);
    const items = [...first.items, ...second.items];
    expect([first.items.length, second.items.length, second.next]).toEqual([10, 2, null]);
    expect(items.map(({ ranking }) => ranking)).toEqual(items.map(({ ranking }) => ranking).sort((a, b) => b - a));
    const named = items.flatMap(({ left, right }) => [left, right]).filter(({ model }) => model !== null);
    expect(named).toHaveLength(2 * items.length);
    for (const { seed, model, guidanceScale } of named) {
      expect(house.backend.requests).toContainEqual(expect.objectContaining({ seed, model, guidanceScale }));
    }
    expect(items[0]?.prompt).toBe("two red boats above 12 lamps on a white background");
  });

  test("the leaderboard puts the preferred model first, within its interval, and says how", async () => {
    const { models, reason, remarks, rankings, simulated, method } = await read("/api/leaderboard", Leaderboard);
    expect([rankings, simulated]).toEqual([answers - ties, 0]);
    expect(models[0]?.model).toBe("model-a");
    expect(models.reduce((sum, { games }) => sum + games, 0)).toBe(2 * rankings);
    for (const { rating, low, high, rankRange, winRate, reason: why } of models) {
      expect([low! <= rating, rating <= high!, rankRange.low <= rankRange.high]).toEqual([true, true, true]);
      expect([winRate, why?.slice(0, 15)]).toEqual([null, "too few games ("]);
    }
    expect(reason).toBeNull();
    expect(remarks.map((remark) => remark.slice(0, 34))).toEqual([
      "The answers are of only 2 people: ",
      "The answers are of only 2 prompts:",
    ]);
    expect(method).toMatch(/Bradley-Terry/);
  });

  test("the statistics count what was answered", async () => {
    const unmade = () => house.sql("select 1 from images where state <> 'ready'");
    await expect.poll(unmade, PATIENT).toEqual([]);
    const found = await read("/api/statistics", Statistics);
    const times = await house.sql<{ answer_ms: number }>("select answer_ms from rankings order by answer_ms");
    const [below, above] = [times[answers / 2 - 1]!.answer_ms, times[answers / 2]!.answer_ms];
    const { length } = await house.sql("select 1 from images where state = 'ready'");
    expect(found).toMatchObject({
      rankings: answers,
      simulated: 0,
      ties,
      tieShare: answers < 30 ? null : ties / answers,
      prompts: 2,
      users: 2,
      images: length,
      medianAnswerMs: (below + above) / 2,
    });
    expect(found.answersPerDay.reduce((sum, { rankings }) => sum + rankings, 0)).toBe(answers);
    expect(found.guidance.reduce((sum, { games }) => sum + games, 0)).toBe(2 * answers);
    // The rule of packages/evaluation: no share of fewer than 30 games.
    expect(found.guidance.filter(({ games, winRate }) => (winRate === null) !== games < 30)).toEqual([]);
    const words = Object.fromEntries(found.topWords.map(({ word, prompts }) => [word, prompts]));
    expect(words).toEqual({ red: 2, lamps: 2, boats: 1, cat: 1, moon: 1, white: 1 });
  });

  test("one who withdraws the consent leaves leaderboard, statistics and words at once, and comes back with a new one", async () => {
    const judge = judges[0]!;
    const counts = async () => {
      const [board, figures] = [await read("/api/leaderboard", Leaderboard), await read("/api/statistics", Statistics)];
      return { board: board.rankings, figures: figures.rankings, people: figures.users };
    };
    const before = await counts();
    await must(judge.send("DELETE", "/api/consent"));
    const others = before.figures / judges.length;
    await expect.poll(async () => (await counts()).figures, PATIENT).toBe(others);
    const after = await counts();
    expect(after.people).toBe(before.people - 1);
    expect(after.board).toBeLessThan(before.board);
    await must(judge.send("POST", "/api/consent", { body: { version: (await meOf(judge)).consent.version } }));
    await expect.poll(counts, PATIENT).toEqual(before);
  });

  test("leaderboard and statistics say how many answers simulated people gave", async () => {
    const simulate = "update rankings set simulated = $1 where choice <> 'tie' and user_id = $2 returning id";
    const { user } = await meOf(judges[0]!);
    const { length } = await house.sql(simulate, ['{"seed": 1}', user?.id]);
    expect(length).toBeGreaterThan(0);
    await expect.poll(async () => (await read("/api/statistics", Statistics)).simulated, PATIENT).toBe(length);
    await expect.poll(async () => (await read("/api/leaderboard", Leaderboard)).simulated, PATIENT).toBe(length);
    await house.sql(simulate, [null, user?.id]);
  });

  test("a page that does not exist is refused with what came", async () => {
    for (const [query, came] of [
      ["before=x", '"before"'],
      ["limit=1000", "1000"],
      ["before=-5", "-5"],
    ] as const) {
      const reply = await judges[0]!.send("GET", `/api/history?${query}`);
      expect([reply.status, codeOf(reply)]).toEqual([400, "PICKAPIC_BODY_INVALID"]);
      expect(messageOf(reply)).toContain(came);
      expect(messageOf(reply)).not.toContain("missing");
    }
  });

  test("answers of banned users count nowhere", async () => {
    const { user } = await meOf(judges[1]!);
    await house.sql("update people set banned_at = now() where user_id = $1", [user?.id]);
    await read("/api/statistics", Statistics);
    await expect.poll(async () => (await read("/api/statistics", Statistics)).rankings, PATIENT).toBe(answers / 2);
    await read("/api/leaderboard", Leaderboard);
    await expect.poll(async () => (await read("/api/leaderboard", Leaderboard)).rankings, PATIENT).toBeLessThan(answers - ties);
    await house.sql("update people set banned_at = null where user_id = $1", [user?.id]);
  });
});

describe("a cached figure", () => {
  test("is made once for many who ask, again when it is old, and given at once meanwhile", async () => {
    let [now, made] = [0, 0];
    const figure = cached(
      async () => ++made,
      100,
      () => now,
    );
    expect(await Promise.all([figure(), figure()])).toEqual([1, 1]);
    now = 50;
    expect(await figure()).toBe(1);
    now = 150;
    expect(await figure()).toBe(1);
    await expect.poll(figure, PATIENT).toBe(2);
  });

  test("that fails is made again, and the old one serves until then", async () => {
    let [now, made] = [0, 0];
    const figure = cached(
      async () => {
        made++;
        if (made === 2) throw new Error("database away");
        return made;
      },
      100,
      () => now,
    );
    await figure();
    now = 150;
    expect(await figure()).toBe(1);
    await expect.poll(figure, PATIENT).toBe(3);
  });
});
