/** @file The routes of rounds on a database, without a worker: who waits for images, waits. What a browser sees is tested in rounds.test.ts. */
import { randomUUID } from "node:crypto";
import type { OpenAPIV3_1 } from "openapi-types";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Person } from "../../src/auth/sessions.ts";
import type { App, Services } from "../../src/http/app.ts";
import { apiFacts } from "../../src/http/description.ts";
import { openFoundation } from "../../src/http/foundation.ts";
import { roundRoutes } from "../../src/rounds/routes.ts";
import type { ServerSettings } from "../../src/settings.ts";
import { rowsOfFile, settingsOf } from "./rows.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const { rows, told } = rowsOfFile("pickapic_round");

let person: Person;
/** Whether the disk has room. */
let isRoom = true;

/** An app with nothing but these routes, on which everyone is `person`. */
async function appWith(given: Partial<ServerSettings> = {}): Promise<App> {
  const settings = settingsOf({ imagesAhead: 1, rateLimit: 10_000, ...given });
  const guard = (app: App) => {
    app.decorateRequest("person", null);
    app.addHook("onRequest", async (request) => void Object.assign(request, { person }));
  };
  const additions = { guard, onStop: () => undefined, api: apiFacts(settings) };
  const { app } = await openFoundation(settings, pino({ level: "silent" }), additions);
  // The routes use no more of the services than this, as long as no stream is opened.
  const services = { db: rows.db, settings, secret: "x", room: { isEnough: async () => isRoom } } as never as Services;
  roundRoutes(app, services);
  await app.ready();
  return app;
}

let app: App;
beforeAll(async () => {
  app = await appWith();
});
afterAll(() => app.close());
beforeEach(async () => {
  isRoom = true;
  person = await rows.person();
  await told();
});

const send = async (method: "GET" | "POST", url: string, more: object = {}, of = app) => {
  const reply = await of.inject({ method, url, ...more });
  return { status: reply.statusCode, body: reply.json(), code: reply.json().error?.code };
};
const write = (prompt: string, headers: Record<string, string> = {}, of = app) =>
  send("POST", "/api/rounds", { payload: { prompt }, headers }, of);
const imagesOf = (round: string) =>
  rows.sql<{ state: string }>("select state from images where round_id = $1 order by number", [round]);

describe("the description", () => {
  test.each([
    ["/api/rounds", "post", "createRound", 201, "PROMPT_NOT_OFFERED PROMPT_EMPTY QUEUE_FULL KEY_REUSED CONSENT_REQUIRED"],
    ["/api/rounds/{id}", "get", "getRound", 200, "ROUND_UNKNOWN CONSENT_REQUIRED"],
    ["/api/rounds/{id}/events", "get", "followRound", 200, "ROUND_UNKNOWN STREAMS_SHARE CONSENT_REQUIRED"],
    ["/api/rounds/{id}/retry", "post", "retryRound", 200, "ROUND_UNKNOWN ROUND_NOT_FAILED ROUND_FINISHED CONSENT_REQUIRED"],
    ["/api/rounds/{id}/cancel", "post", "cancelRound", 200, "ROUND_UNKNOWN CONSENT_REQUIRED"],
    ["/api/rounds/{id}/finish", "post", "finishRound", 200, "ROUND_UNKNOWN"],
  ] as const)(
    "of %s (%s) says what it replies, how it is refused, and who may use it",
    async (path, method, id, status, codes) => {
      const own = await appWith();
      const { paths } = own.swagger() as OpenAPIV3_1.Document;
      await own.close();
      const operation = paths?.[path]?.[method];
      expect(operation).toMatchObject({ operationId: id, tags: ["rounds"], security: [{ session: [] }] });
      const text = JSON.stringify(operation?.responses);
      for (const code of codes.split(" ")) expect(text).toContain(`PICKAPIC_${code}`);
      expect(text.includes("PICKAPIC_CONSENT_REQUIRED")).toBe(codes.includes("CONSENT_REQUIRED"));
      const reply = operation?.responses?.[status];
      const schema = { $ref: "#/components/schemas/Round" };
      if (id === "followRound")
        expect(reply).toEqual({
          description: "`data` of each event is a Round as JSON.",
          content: { "text/event-stream": { schema: { type: "string" } } },
        });
      else expect(reply).toMatchObject({ content: { "application/json": { schema } } });
    },
  );
});

describe("a prompt", () => {
  test("becomes a round of its person with images that are ordered, in the words and without what follows in brackets", async () => {
    const { status, body } = await write("a red cat [blurry]");
    expect([status, body.state, body.prompt, body.negativePrompt]).toEqual([201, "generating", "a red cat", "blurry"]);
    expect(await rows.row("rounds", body.id)).toMatchObject({ user_id: person.id, prompt: "a red cat", problem_code: null });
    expect((await imagesOf(body.id)).map(({ state }) => state)).toEqual(["queued", "queued", "queued"]);
    expect((await send("GET", `/api/rounds/${body.id}`)).body).toEqual(body);
  });

  test("is taken once for a key", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const [first, again] = [await write("a cat", headers), await write("a cat", headers)];
    expect([first.status, again]).toEqual([201, first]);
    expect((await write("a dog", headers)).code).toBe("PICKAPIC_KEY_REUSED");
    expect(await rows.sql("select 1 from rounds where user_id = $1", [person.id])).toHaveLength(1);
  });

  test("is refused while the disk is full, and one that says nothing", async () => {
    isRoom = false;
    expect((await write("a cat")).code).toBe("PICKAPIC_DISK_FULL");
    isRoom = true;
    expect((await write(" ")).code).toBe("PICKAPIC_PROMPT_EMPTY");
    expect(await rows.sql("select 1 from rounds where user_id = $1", [person.id])).toEqual([]);
  });

  test("for which there are no two pictures is refused where all pictures were made earlier", async () => {
    const pictures = { prompts: ["a cat", "a dog"], of: (prompt: string) => (prompt === "a cat" ? [0, 1] : [0]) };
    const model = { name: "lone", steps: null, scheduler: null, width: null, height: null, pictures };
    const made = await appWith({ backends: [{ name: "b", simulated: true, models: [model] } as never] });
    const { status, code, body } = await write("a dog", {}, made);
    expect([status, code]).toEqual([400, "PICKAPIC_PROMPT_NOT_OFFERED"]);
    expect(body.error.message).toContain("for 1 prompt,");
    const offered = await write("a cat", {}, made);
    expect([offered.status, (await imagesOf(offered.body.id)).length]).toEqual([201, 2]);
    await made.close();
  });

  test("orders no image of a model that rests", async () => {
    const rest = "insert into model_troubles (model, reason, failures, since, last_at) values ($1, 'r', 9, now(), now())";
    for (const model of ["model-a", "model-b"]) await rows.sql(rest, [model]);
    const { body } = await write("a cat");
    await rows.sql("truncate model_troubles");
    expect(await rows.sql("select distinct model from images where round_id = $1", [body.id])).toEqual([{ model: "model-c" }]);
  });
});

describe("a round", () => {
  const paths = ["", "/retry", "/cancel", "/finish"] as const;
  const tried = (id: string, path: string) => send(path === "" ? "GET" : "POST", `/api/rounds/${id}${path}`);

  test.each(paths)("of another person, of the best-of-n page, or that is not there, is unknown: %j", async (path) => {
    const foreign = await rows.round(await rows.person(), { problem_code: "X", problem_message: "x" });
    const aside = await rows.round(person, { best_of: 4, problem_code: "X", problem_message: "x" });
    for (const id of [foreign, aside, UNKNOWN, "x"]) {
      const { status, code } = await tried(id, path);
      expect([id, status, code]).toEqual([id, 404, "PICKAPIC_ROUND_UNKNOWN"]);
    }
    expect(await rows.row("rounds", foreign)).toMatchObject({ problem_code: "X", finished_at: null });
  });

  test.each(["/cancel", "/finish"])("that is deleted in the meantime is unknown: %s", async (path) => {
    const round = await rows.round(person);
    const other = new pg.Client({ connectionString: rows.url });
    await other.connect();
    await other.query("begin");
    await other.query("delete from rounds where id = $1", [round]);
    const reply = tried(round, path);
    const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'update \"?rounds'";
    await expect.poll(async () => (await rows.sql(waiting)).length, { timeout: 30_000, interval: 5 }).toBe(1);
    await other.query("commit");
    await other.end();
    expect([(await reply).status, (await reply).code]).toEqual([404, "PICKAPIC_ROUND_UNKNOWN"]);
  });

  test("is stopped, goes on after another try, and is finished for good", async () => {
    const { body } = await write("a cat");
    const stopped = await tried(body.id, "/cancel");
    expect([stopped.status, stopped.body.problem.code]).toEqual([200, "PICKAPIC_ROUND_CANCELLED"]);
    const goesOn = await tried(body.id, "/retry");
    expect([goesOn.status, goesOn.body.state, goesOn.body.problem]).toEqual([200, "generating", null]);
    expect((await imagesOf(body.id)).map(({ state }) => state).sort()).toEqual([
      ...["cancelled", "cancelled", "cancelled"],
      ...["queued", "queued", "queued"],
    ]);
    expect((await tried(body.id, "/retry")).code).toBe("PICKAPIC_ROUND_NOT_FAILED");
    const finished = await tried(body.id, "/finish");
    expect([finished.status, finished.body.problem.code]).toEqual([200, "PICKAPIC_ROUND_FINISHED"]);
    expect((await tried(body.id, "/retry")).code).toBe("PICKAPIC_ROUND_FINISHED");
  });
});
