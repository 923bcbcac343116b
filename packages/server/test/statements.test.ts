import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AnswerReply } from "../src/api.ts";
import { type House, must, openHouse, PATIENT, send, startRound, type Visitor } from "./house.ts";

interface Statement {
  /** The name of the connection: "pickapic" serves requests, "pickapic worker" generates images. */
  connection: string;
  text: string;
  /** Rows that came back; undefined while it runs. */
  rows?: number;
}

/** Statements that this process sent to PostgreSQL. */
const statements: Statement[] = [];
const query = pg.Client.prototype.query;

beforeEach(() => {
  pg.Client.prototype.query = function counted(
    this: pg.Client & { connectionParameters: { application_name: string } },
    ...values: unknown[]
  ) {
    const [first] = values as [string | { text: string }];
    const statement: Statement = {
      connection: this.connectionParameters.application_name,
      text: typeof first === "string" ? first : first.text,
    };
    statements.push(statement);
    const result = Reflect.apply(query, this, values);
    result?.then?.(
      ({ rows }: pg.QueryResult) => {
        statement.rows = rows.length;
      },
      () => undefined,
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

function settled(house: House): Promise<unknown> {
  const waiting = "select 1 from images where state in ('queued', 'generating')";
  return expect.poll(async () => (await house.sql(waiting)).length, PATIENT).toBe(0);
}

/** What a connection sent since the list was emptied; questions of a worker that found no image, and its signs of life, belong to no image. */
function sentBy(connection: string): string[] {
  return statements.filter((one) => one.connection === connection && !isIdle(one)).map(({ text }) => text);
}

function isIdle({ text, rows }: Statement): boolean {
  return text.includes("insert into workers") || (text.includes("for update skip locked") && rows === 0);
}

describe("the SQL of an answer", () => {
  let prepared: House;
  let unprepared: House;
  beforeAll(async () => {
    [prepared, unprepared] = await Promise.all([openHouse(), openHouse({ imagesAhead: 0 })]);
  });
  afterAll(() => Promise.all([prepared.close(), unprepared.close()]));

  test("is three statements: who, what, and the change; the image that it orders takes four more", async () => {
    const judge = await prepared.judge();
    const comparison = await shownRound(prepared, judge);
    statements.length = 0;
    expect((await send(judge, comparison, "left")).body).toMatchObject({ round: { state: "ready" } });
    expect(sentBy("pickapic")).toHaveLength(3);
    await settled(prepared);
    expect(sentBy("pickapic worker")).toHaveLength(4);
  });

  test("is one more when the person has to wait, because the workers are told", async () => {
    const judge = await unprepared.judge();
    const comparison = await shownRound(unprepared, judge);
    statements.length = 0;
    const { round } = AnswerReply.parse((await send(judge, comparison, "left")).body);
    expect(round.state).toBe("generating");
    await settled(unprepared);
    expect(sentBy("pickapic")).toHaveLength(4);
    expect(sentBy("pickapic worker")).toHaveLength(4);
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
