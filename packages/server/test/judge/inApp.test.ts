/** @file The judge under the address of the app: keys of the data folder, images of the app by their ids, and the app's own checks of every request. */
import { join } from "node:path";
import { addKey, type ScoreReply } from "@pickapic/judge";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  adminToken,
  codeOf,
  type House,
  idOf,
  must,
  openHouse,
  type Reply,
  startRound,
  stranger,
  type Visitor,
} from "../house.ts";
import { rawRequest } from "../rawRequest.ts";
import { base64, PICTURES } from "./judgeHouse.ts";

let house: House;
let person: Visitor;
/** Ids of two pictures that the person sees. */
let ids: string[];
let authorization: string;

beforeAll(async () => {
  house = await openHouse({ judge: "colour-sharpness" });
  authorization = `Bearer ${await addKey(join(house.folder, "judge-keys.json"), "trainer")}`;
  person = await house.judge();
  const { comparison } = await startRound(person, "a red cat");
  ids = [comparison.left, comparison.right].map(({ url }) => idOf(url));
});
afterAll(() => house.close());

const ask = (images: readonly unknown[], headers: Record<string, string> = { authorization }): Promise<Reply> =>
  stranger(house.url).send("POST", "/api/score", { body: { prompt: "a red cat", images }, headers });
const scoresOf = async (reply: Promise<Reply>) => ((await must(reply)).body as ScoreReply).scores;

test("the app's session and the operator's token are no keys, and every shape needs one", async () => {
  expect(codeOf(await ask([{ id: ids[0] }], {}))).toBe("PICKAPIC_JUDGE_KEY_MISSING");
  expect(codeOf(await person.send("POST", "/api/score", { body: { prompt: "x", images: [{ id: ids[0] }] } }))).toBe(
    "PICKAPIC_JUDGE_KEY_MISSING",
  );
  const token = { authorization: `Bearer ${await adminToken(house.folder)}` };
  expect(codeOf(await ask([{ id: ids[0] }], token))).toBe("PICKAPIC_JUDGE_KEY_UNKNOWN");
  const shapes = ["/api/rank", "/v1/decisions", "/v1/systemone", "/compute", "/reward", "/API/DoScore", "/api/judge/swap"];
  const replies = await Promise.all(shapes.map((path) => stranger(house.url).send("POST", path, { body: {} })));
  // SwarmUI's shape has errors with the status 200.
  expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 200, 401]);
  expect(replies[5]?.body).toMatchObject({ error: expect.stringMatching(/answers callers with a key only/) });
  expect((await stranger(house.url).send("GET", "/api/judge")).status).toBe(401);
  expect(
    codeOf(await stranger(house.url).send("POST", "/api/judge/swap", { body: { scorer: "random" }, headers: { authorization } })),
  ).toBe("PICKAPIC_JUDGE_OPERATOR");
});

test("images that the app has made are named by their ids, and count as the file that people see; others do not exist", async () => {
  const files = await Promise.all(
    ids.map(async (id) => {
      const reply = await fetch(`${house.url}/api/images/${id}`, { headers: { cookie: person.cookie() } });
      expect(reply.status).toBe(200);
      return { base64: base64(new Uint8Array(await reply.arrayBuffer())) };
    }),
  );
  expect(await scoresOf(ask(ids.map((id) => ({ id }))))).toEqual(await scoresOf(ask(files)));
  for (const id of ["7", "../../secret", "00000000-0000-4000-8000-000000000000"]) {
    const reply = await ask([{ id }]);
    expect([reply.status, codeOf(reply)]).toEqual([422, "PICKAPIC_JUDGE_IMAGE"]);
  }
  await must(person.send("DELETE", "/api/consent"));
  const hidden = await ask([{ id: ids[0] }]);
  expect([hidden.status, codeOf(hidden)]).toEqual([422, "PICKAPIC_JUDGE_IMAGE"]);
});

test("the app's limits, host check, origin check and headers hold for the judge, and its metrics are the app's", async () => {
  const reply = await ask(PICTURES.map(base64));
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-security-policy")).toMatch(/default-src 'none'/);
  expect([reply.headers.get("x-content-type-options"), reply.headers.get("cache-control")]).toEqual(["nosniff", "no-store"]);
  expect(reply.headers.get("pickapic-scorer")).toBe("colour-sharpness");
  expect(await rawRequest(house.url, "/api/judge", "evil.example")).toBe(421);
  const foreign = await ask(["AAAA"], { authorization, origin: "https://evil.example" });
  expect(codeOf(foreign)).toBe("PICKAPIC_ORIGIN_FOREIGN");
  const many = await ask(Array.from({ length: 1_025 }, () => "AAAA"));
  expect([many.status, codeOf(many)]).toEqual([400, "PICKAPIC_BODY_INVALID"]);
  const metrics = await stranger(house.url).send("GET", "/api/metrics", {
    headers: { authorization: `Bearer ${await adminToken(house.folder)}` },
  });
  expect(metrics.body).toMatch(/pickapic_judge_images_total\{route="\/api\/score",caller="trainer"\} \d+/);
});
