import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AnswerReply } from "../../src/api.ts";
import { type House, must, openHouse, PATIENT, send, startRound, type Visitor, writePrompt } from "../house.ts";

interface Statement {
  /** The name of the connection: "pickapic" serves requests, "pickapic worker" generates images. */
  connection: string;
  text: string;
  values: readonly unknown[];
  /** Under which the connection has prepared the statement; undefined: it is not prepared. */
  name?: string;
  client: pg.Client;
  /** Rows that came back; undefined while it runs, and for one that answers a callback instead of a promise. */
  rows?: number;
  /** Whether its promise is open. */
  running: boolean;
}

/** Statements that this process sent to PostgreSQL. */
const statements: Statement[] = [];
const query = pg.Client.prototype.query;

beforeEach(() => {
  pg.Client.prototype.query = function counted(
    this: pg.Client & { connectionParameters: { application_name: string } },
    ...values: unknown[]
  ) {
    const [first] = values as [string | { text: string; name?: string; values?: readonly unknown[] }];
    const statement: Statement = {
      connection: this.connectionParameters.application_name,
      text: typeof first === "string" ? first : first.text,
      values: typeof first === "string" ? [] : (first.values ?? []),
      ...(typeof first === "string" ? {} : { name: first.name }),
      client: this,
      running: false,
    };
    statements.push(statement);
    const result = Reflect.apply(query, this, values);
    statement.running = result?.then !== undefined;
    result?.then?.(
      ({ rows }: pg.QueryResult) => {
        statement.rows = rows.length;
        statement.running = false;
      },
      () => {
        statement.running = false;
      },
    );
    return result;
  } as typeof query;
});
afterEach(() => {
  pg.Client.prototype.query = query;
});

/** A round whose first pair is shown and whose other images are made. */
async function shownRound(house: House, judge: Visitor): Promise<string> {
  const { comparison } = await startRound(judge);
  await settled(house);
  return comparison.id;
}

/** Waits until every image is made and every statement has its answer: the worker asks for the next image after it has stored one. */
async function settled(house: House): Promise<void> {
  const waiting = "select 1 from images where state in ('queued', 'generating')";
  await expect.poll(async () => (await house.sql(waiting)).length, PATIENT).toBe(0);
  await expect.poll(() => statements.some(({ running }) => running), PATIENT).toBe(false);
}

/**
 * What a connection sent since the list was emptied; questions of a worker that found no image, and its signs of life, belong to no image. How often progress is
 * written depends on the time that an image takes.
 */
function sentBy(connection: string): string[] {
  return statements.filter((one) => one.connection === connection && !isIdle(one)).map(({ text }) => text);
}

function isIdle({ text, rows }: Statement): boolean {
  return (
    text.includes("insert into workers") || /set "fraction"/.test(text) || (text.includes("for update skip locked") && rows === 0)
  );
}

describe("the SQL of an answer", () => {
  let prepared: House;
  let unprepared: House;
  beforeAll(async () => {
    [prepared, unprepared] = await Promise.all([openHouse(), openHouse({ imagesAhead: 0 })]);
  });
  afterAll(() => Promise.all([prepared.close(), unprepared.close()]));

  test("is three statements: who, what, and the change; the image that it orders takes three more", async () => {
    const judge = await prepared.judge();
    const comparison = await shownRound(prepared, judge);
    statements.length = 0;
    expect((await send(judge, comparison, "left")).body).toMatchObject({ round: { state: "ready" } });
    expect(sentBy("pickapic")).toHaveLength(3);
    await settled(prepared);
    expect(sentBy("pickapic worker")).toHaveLength(3);
  });

  test("is one more when the person has to wait, because the workers are told", async () => {
    const judge = await unprepared.judge();
    const comparison = await shownRound(unprepared, judge);
    statements.length = 0;
    const { round } = AnswerReply.parse((await send(judge, comparison, "left")).body);
    expect(round.state).toBe("generating");
    await settled(unprepared);
    expect(sentBy("pickapic")).toHaveLength(4);
    expect(sentBy("pickapic worker")).toHaveLength(3);
  });

  test("and of a person who waits for the first pair: the round is read once for each event", async () => {
    const judge = await unprepared.judge();
    let make = () => {};
    const gate = new Promise<void>((done) => {
      make = done;
    });
    unprepared.backend.before = () => gate;
    statements.length = 0;
    const { id } = await writePrompt(judge);
    // Who asks, and between begin and commit: whether the queue takes more, the round with its order, and its state.
    expect(sentBy("pickapic")).toHaveLength(6);
    statements.length = 0;
    // PostgreSQL knows a round by its id in either case.
    const address = `${unprepared.url}/api/rounds/${id.toUpperCase()}/events`;
    const events = (await fetch(address, { headers: { cookie: judge.cookie() } })).body!.getReader();
    let text = "";
    while (!text.includes('"state":"ready"')) {
      text += Buffer.from((await events.read()).value ?? []);
      make();
    }
    unprepared.backend.before = async () => undefined;
    await settled(unprepared);
    await events.cancel();
    // Who asks, and the round for each event. There are three events only where the two images come apart.
    expect(sentBy("pickapic")).toHaveLength(1 + text.split("data: ").length - 1);
    // Also a statement that came too late, and wrote nothing, said which news it would have been.
    expect(statements.flatMap(({ values }) => values)).toContain(`${id} progress`);
  });

  test("reads the person once, also where only the round is asked for", async () => {
    const judge = await prepared.judge();
    const { round } = await startRound(judge);
    await settled(prepared);
    statements.length = 0;
    await must(judge.send("GET", `/api/rounds/${round.id}`));
    expect(sentBy("pickapic")).toHaveLength(2);
    expect(sentBy("pickapic").filter((text) => text.includes("session"))).toHaveLength(1);
  });
});

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Plans?: Plan[];
}

/** The plan that a connection keeps for a prepared statement; nothing is executed. */
async function planOf({ client, name, text }: Statement): Promise<Plan> {
  const parameters = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const nulls = new Array(parameters).fill("null").join(", ");
  const explain = `explain (format json) execute "${name}"${parameters > 0 ? `(${nulls})` : ""}`;
  const { rows } = await Reflect.apply(query, client, [explain]);
  return rows[0]["QUERY PLAN"][0].Plan;
}

/** Parts of a plan whose time grows with a table: scans that look for nothing, unless a limit ends them. */
function readsAll(plan: Plan, limited = false): string[] {
  const scan = /Scan$/.test(plan["Node Type"]) && (plan["Relation Name"] ?? plan["Index Name"]) !== undefined;
  const found = scan && !limited && plan["Index Cond"] === undefined && plan["Node Type"] !== "Bitmap Heap Scan";
  const inner = (plan.Plans ?? []).flatMap((part) => readsAll(part, limited || plan["Node Type"] === "Limit"));
  return [...(found ? [`${plan["Node Type"]} of ${plan["Index Name"] ?? plan["Relation Name"]}`] : []), ...inner];
}

describe("the plans of an answer and its image", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ imagesAhead: 0 });
  });
  afterAll(() => house.close());

  /** The sequence has one row; images that are being generated are few, and so are models that fail. */
  const SMALL = new Set([
    "Seq Scan of turn_now",
    "Index Scan of images_leased",
    "Index Scan of model_troubles_pkey",
    "Seq Scan of model_troubles",
  ]);

  /** PostgreSQL counts a table when about 50 of its rows are new. */
  const COUNTED_AT = 60;

  /** People who have answered one pair each. */
  async function fill(people: number): Promise<void> {
    const each = `from generate_series(1, ${people}) n`;
    const id = (kind: number) => `('00000000-0000-4000-800${kind}-' || lpad(n::text, 12, '0'))::uuid`;
    const [round, left, right, comparison] = [1, 2, 3, 4].map(id);
    for (const statement of [
      `insert into "user" (id, name, email, "emailVerified") select 'u' || n, 'u', 'u' || n || '@x', false ${each}`,
      `insert into session (id, "expiresAt", token, "updatedAt", "userId") select 's' || n, now() + interval '1 day', 't' || n, now(), 'u' || n ${each}`,
      `insert into people (user_id, ranker_id, consent_version) select 'u' || n, n, 'x' ${each}`,
      `insert into turns (user_id, network, finish) select 'u' || n, 'n' || n, n ${each}`,
      `insert into daily_orders (user_id, day, images) select 'u' || n, now()::date, 2 ${each}`,
      `insert into replies (user_id, key, request_hash, status) select 'u' || n, 'key', 'x', 200 ${each}`,
      `insert into rounds (id, user_id, prompt, negative_prompt) select ${round}, 'u' || n, 'x', '' ${each}`,
      ...[left, right].map(
        (image) => `
        insert into images (id, round_id, state, backend, model, seed, guidance_scale, steps, scheduler, request_width, request_height, content_hash, width, height)
        select ${image}, ${round}, 'ready', 'x', 'x', 1, 7, 4, 'x', 1, 1, 'h' || n, 1, 1 ${each}`,
      ),
      `insert into comparisons (id, round_id, left_image, right_image, left_model, right_model)
        select ${comparison}, ${round}, ${left}, ${right}, 'x', 'x' ${each}`,
      `insert into rankings (comparison_id, user_id, choice, answer_ms, consent_version) select ${comparison}, 'u' || n, 'left', 1000, 'x' ${each}`,
      `insert into loose_files (content_hash) select 'l' || n ${each}`,
    ])
      await house.sql(statement);
  }

  test.each([
    ["never counted", async () => {}],
    ["counted while they were small", () => fill(COUNTED_AT).then(() => house.sql("analyze"))],
  ])("look rows up by a key, where tables were %s", async (_when, prepare) => {
    const judge = await house.judge();
    const comparison = await shownRound(house, judge);
    await prepare();
    statements.length = 0;
    await send(judge, comparison, "left");
    await settled(house);
    const prepared = statements.filter(({ name }) => name !== undefined);
    expect(prepared.length).toBeGreaterThan(5);
    for (const statement of prepared) {
      const scans = readsAll(await planOf(statement)).filter((scan) => !SMALL.has(scan));
      expect(scans, statement.text).toEqual([]);
    }
  });
});
