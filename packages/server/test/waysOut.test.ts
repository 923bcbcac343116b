import { randomUUID } from "node:crypto";
import { GENERATION_DEFAULT_NEGATIVE_PROMPT } from "@pickapic/generation";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Comparison, DEFAULT_NEGATIVE_PROMPT, History, Reports, Round } from "../src/api.ts";
import {
  adminToken,
  answer,
  answerAndGoOn,
  codeOf,
  type House,
  idOf,
  meOf,
  must,
  openHouse,
  PATIENT,
  roundOf,
  send,
  startRound,
  stranger,
  until,
  type Visitor,
  writePrompt,
} from "./house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse({ imagesAhead: 2 });
});
afterAll(() => house.close());

async function post(visitor: Visitor, path: string, body?: unknown): Promise<Round> {
  return Round.parse((await must(visitor.send("POST", path, body === undefined ? {} : { body }))).body);
}

const urlsOf = ({ left, right }: Comparison) => [left.url, right.url];

/** The pair that is open in a round, as soon as it is. */
async function pairOf(visitor: Visitor, round: string): Promise<Comparison> {
  return Comparison.parse((await until(visitor, round, "ready")).comparison);
}

/** Holds every image back until the returned function is called. */
function holdImages(): () => void {
  let open = () => {};
  const gate = new Promise<void>((done) => {
    open = done;
  });
  house.backend.before = () => gate;
  return () => {
    house.backend.before = async () => undefined;
    open();
  };
}

describe("a skipped pair", () => {
  test("is no answer: nothing is stored, karma stays, and two new images come", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const { next } = await answerAndGoOn(judge, comparison.id, "left");
    await post(judge, `/api/comparisons/${next.id}/skip`);
    const after = await pairOf(judge, round.id);
    const seen = [...urlsOf(comparison), ...urlsOf(next)];
    expect(urlsOf(after).filter((url) => seen.includes(url))).toEqual([]);
    expect((await meOf(judge)).user?.karma).toBe(1);
    expect((await roundOf(judge, round.id)).answers).toBe(1);
    expect(
      await house.sql("select 1 from rankings k join comparisons c on c.id = k.comparison_id where c.id = $1", [next.id]),
    ).toEqual([]);
  });

  test("may be skipped again without effect, and takes no answer any more", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const once = await post(judge, `/api/comparisons/${comparison.id}/skip`);
    const next = await pairOf(judge, once.id);
    const twice = await post(judge, `/api/comparisons/${comparison.id}/skip`);
    expect(twice.comparison?.id).toBe(next.id);
    const late = await send(judge, comparison.id, "left");
    expect([late.status, codeOf(late)]).toEqual([409, "PICKAPIC_PAIR_SKIPPED"]);
  });

  test("does not hinder undo, and an answer given after the undo keeps its image again", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const { reply, next } = await answerAndGoOn(judge, comparison.id, "left");
    await post(judge, `/api/comparisons/${next.id}/skip`);
    await pairOf(judge, round.id);
    const back = Round.parse((await must(judge.send("DELETE", `/api/rankings/${reply.ranking}`))).body);
    expect(back.comparison?.id).toBe(comparison.id);
    const again = await answerAndGoOn(judge, comparison.id, "left");
    expect(urlsOf(again.next)).toContain(comparison.left.url);
  });

  test("that was answered already, or is another person's, cannot be skipped", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    await answer(judge, comparison.id, "tie");
    const late = await judge.send("POST", `/api/comparisons/${comparison.id}/skip`);
    expect([late.status, codeOf(late)]).toEqual([409, "PICKAPIC_ALREADY_ANSWERED"]);
    for (const id of [comparison.id, randomUUID(), "nonsense"]) {
      const other = await (await house.judge()).send("POST", `/api/comparisons/${id}/skip`);
      expect([other.status, codeOf(other)]).toEqual([404, "PICKAPIC_COMPARISON_UNKNOWN"]);
    }
  });
});

describe("a report", () => {
  async function reportsSeen(): Promise<Reports["reports"]> {
    const headers = { authorization: `Bearer ${await adminToken(house.folder)}` };
    return Reports.parse((await must(stranger(house.url).send("GET", "/api/admin/reports", { headers }))).body).reports;
  }

  test("reaches the operator with picture, prompt, model and the person's words, and replaces the pair", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge, "a report's prompt");
    await post(judge, `/api/images/${idOf(comparison.right.url)}/reports`, { reason: "offensive", note: " It hurts. " });
    const next = await pairOf(judge, round.id);
    expect(urlsOf(next).filter((url) => urlsOf(comparison).includes(url))).toEqual([]);
    expect((await reportsSeen())[0]).toMatchObject({
      url: comparison.right.url,
      prompt: "a report's prompt",
      model: expect.stringMatching(/^model-[abc]$/),
      reason: "offensive",
      note: "It hurts.",
    });
  });

  test("of the picture that would stay ends its stay, and the answer that shows it is not offered for undo", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    const { next } = await answerAndGoOn(judge, comparison.id, "left");
    const release = holdImages();
    await post(judge, `/api/images/${idOf(comparison.left.url)}/reports`, { reason: "broken" });
    release();
    const after = await until(judge, round.id, "ready");
    expect(urlsOf(Comparison.parse(after.comparison)).filter((url) => urlsOf(next).includes(url))).toEqual([]);
    expect(after.lastRanking).toBeNull();
  });

  test("counts once for each person: a second one replaces the first", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge);
    const path = `/api/images/${idOf(comparison.left.url)}/reports`;
    await post(judge, path, { reason: "other" });
    await post(judge, path, { reason: "person", note: "I know her." });
    const mine = (await reportsSeen()).filter(({ url }) => url === comparison.left.url);
    expect(mine).toMatchObject([{ reason: "person", note: "I know her." }]);
  });

  test("of a picture that one was not shown, or without a known reason, is refused", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    await expect.poll(async () => (await roundOf(judge, round.id)).upcoming.length, PATIENT).toBe(2);
    const [prepared] = (await roundOf(judge, round.id)).upcoming;
    const shown = idOf(comparison.left.url);
    const cases: [Visitor, string, unknown, number, string][] = [
      [await house.judge(), shown, { reason: "broken" }, 404, "PICKAPIC_IMAGE_UNKNOWN"],
      [judge, idOf(prepared!.url), { reason: "broken" }, 404, "PICKAPIC_IMAGE_UNKNOWN"],
      [judge, "nonsense", { reason: "broken" }, 404, "PICKAPIC_IMAGE_UNKNOWN"],
      [judge, shown, { reason: "ugly" }, 400, "PICKAPIC_BODY_INVALID"],
      [judge, shown, { reason: "other", note: "x".repeat(1_001) }, 400, "PICKAPIC_BODY_INVALID"],
      [judge, shown, { reason: "other", note: "\u0000" }, 400, "PICKAPIC_BODY_INVALID"],
    ];
    for (const [visitor, id, body, status, code] of cases) {
      const reply = await visitor.send("POST", `/api/images/${id}/reports`, { body });
      expect([reply.status, codeOf(reply)]).toEqual([status, code]);
    }
  });
});

/** Images that the worker has in hand, as it says once a second. */
const running = () => house.sql("select running from workers");

describe("a round that is stopped while it waits", () => {
  test("says so, leaves the queue, makes nothing more by itself, and goes on after another try", async () => {
    const judge = await house.judge();
    const release = holdImages();
    const { id } = await writePrompt(judge, "a prompt with a slip");
    const stopped = await post(judge, `/api/rounds/${id}/cancel`);
    expect([stopped.state, stopped.problem?.code]).toEqual(["failed", "PICKAPIC_ROUND_CANCELLED"]);
    release();
    await expect.poll(running, PATIENT).toEqual([{ running: 0 }]);
    expect(await house.sql("select distinct state from images where round_id = $1", [id])).toEqual([{ state: "cancelled" }]);
    expect((await roundOf(judge, id)).problem?.code).toBe("PICKAPIC_ROUND_CANCELLED");
    await post(judge, `/api/rounds/${id}/retry`);
    expect((await until(judge, id, "ready")).problem).toBeNull();
  });

  test("keeps its reason when the image that was being made fails afterwards", async () => {
    const judge = await house.judge();
    let fail = () => {};
    const gate = new Promise<never>((_, failed) => {
      fail = () => failed(new Error("out of memory"));
    });
    gate.catch(() => undefined);
    house.backend.before = () => gate;
    const { id } = await writePrompt(judge);
    const making = () => house.sql("select 1 from images where round_id = $1 and state = 'generating'", [id]);
    await expect.poll(async () => (await making()).length, PATIENT).toBeGreaterThan(0);
    await post(judge, `/api/rounds/${id}/cancel`);
    fail();
    await expect.poll(running, PATIENT).toEqual([{ running: 0 }]);
    house.backend.before = async () => undefined;
    expect((await roundOf(judge, id)).problem?.code).toBe("PICKAPIC_ROUND_CANCELLED");
  });

  test("after its pair has come stays as it is; another person's does not exist", async () => {
    const judge = await house.judge();
    const { round, comparison } = await startRound(judge);
    expect((await post(judge, `/api/rounds/${round.id}/cancel`)).comparison?.id).toBe(comparison.id);
    const other = await (await house.judge()).send("POST", `/api/rounds/${round.id}/cancel`);
    expect([other.status, codeOf(other)]).toEqual([404, "PICKAPIC_ROUND_UNKNOWN"]);
  });
});

describe("warnings of the generators", () => {
  test("stand beside the pair, each once; one that names the model of its image does not", async () => {
    const { generate } = house.backend;
    house.backend.generate = async function (request, options) {
      const made = await generate.call(this, request, options);
      return { ...made, warnings: ["Negative prompts are ignored.", `${request.model.toUpperCase()} always takes 4 steps.`] };
    };
    const { round } = await startRound(await house.judge(), "a cat [umbrella]");
    house.backend.generate = generate;
    expect(round.warnings).toEqual(["Negative prompts are ignored."]);
  });

  test("are none where nothing was ignored, and while no pair is open", async () => {
    const judge = await house.judge();
    expect((await startRound(judge)).round.warnings).toEqual([]);
    expect((await writePrompt(judge)).warnings).toEqual([]);
  });

  test("the contract names the same default negative prompt as the generation package", () => {
    expect(DEFAULT_NEGATIVE_PROMPT).toBe(GENERATION_DEFAULT_NEGATIVE_PROMPT);
  });
});

describe("the history", () => {
  test("is searched by the words of the prompt and by the choice, and names the round to go on with", async () => {
    const judge = await house.judge();
    const fox = await startRound(judge, "an orange Fox, 100 % wild");
    await answer(judge, fox.comparison.id, "tie");
    const cat = await startRound(judge, "a cat");
    await answer(judge, cat.comparison.id, "left");
    const search = async (query: string) =>
      History.parse((await must(judge.send("GET", `/api/history?${query}`))).body).items.map(({ round }) => round);
    expect(await search("")).toEqual([cat.round.id, fox.round.id]);
    expect(await search("search=fOX")).toEqual([fox.round.id]);
    expect(await search("search=100+%25")).toEqual([fox.round.id]);
    expect(await search("search=%25")).toEqual([fox.round.id]);
    expect(await search("search=_")).toEqual([]);
    expect(await search("choice=left")).toEqual([cat.round.id]);
    expect(await search("search=cat&choice=tie")).toEqual([]);
  });

  test("is read and downloaded whole, also after the consent was withdrawn", async () => {
    const judge = await house.judge();
    const { comparison } = await startRound(judge, "three ducks [rain]");
    const { next } = await answerAndGoOn(judge, comparison.id, "left");
    await answerAndGoOn(judge, next.id, "tie");
    const shown = History.parse((await must(judge.send("GET", "/api/history"))).body).items;
    await must(judge.send("DELETE", "/api/consent"));
    expect((await must(judge.send("GET", "/api/history?limit=1"))).status).toBe(200);
    const file = await must(judge.send("GET", "/api/history/export"));
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="my-pick-a-pic-answers.json"');
    const { answers } = file.body as { answers: History["items"] };
    expect(answers.map(({ ranking }) => ranking)).toEqual(shown.map(({ ranking }) => ranking));
    expect(answers[0]).toMatchObject({ prompt: "three ducks", choice: "tie", round: shown[0]!.round });
  });
});
