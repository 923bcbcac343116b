import { request } from "node:http";
import { connect } from "node:net";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorBody } from "../../src/api.ts";
import { codeOf, type House, must, openHouse, type Reply, stranger } from "../house.ts";
import type { Description, Operation } from "./calls.ts";

let house: House;
let description: Description;
beforeAll(async () => {
  house = await openHouse();
  description = (await must(stranger(house.url).send("GET", "/api/openapi.json"))).body as Description;
});
afterAll(() => house.close());

function operations(): Operation[] {
  return Object.values(description.paths).flatMap((methods) => Object.values(methods));
}

describe("the description", () => {
  test("is an OpenAPI 3.1 document", async () => {
    const { valid, errors } = await new Validator().validate({ ...description });
    expect([valid, errors]).toEqual([true, undefined]);
    expect(description.openapi).toBe("3.1.0");
  });

  test("names nothing that it does not hold, and holds nothing that it does not name", () => {
    const named = [...JSON.stringify(description).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual(Object.keys(description.components.schemas).sort());
    expect(JSON.stringify(description).match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull();
  });

  test("says of every operation what it does, under a name of its own", () => {
    const tags = description.tags.map(({ name }) => name);
    const incomplete = operations().filter(
      (each) => !each.summary || !each.description || !each.operationId || !each.tags?.every((tag) => tags.includes(tag)),
    );
    expect(incomplete).toEqual([]);
    const names = operations().map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    const replies = operations().flatMap(({ responses }) => Object.values(responses));
    expect(replies.filter((reply) => reply.description === "" || reply.description.includes("Default Response"))).toEqual([]);
  });

  test("lists the refusals that come from an operation's policy", () => {
    const statuses = (path: string, method: string) => Object.keys(description.paths[path]?.[method]?.responses ?? {}).join(" ");
    expect(statuses("/api/health", "get")).toBe("200 400 408 417 421 431 500 503");
    expect(statuses("/api/me", "get")).toBe("200 400 408 417 421 429 431 500 503");
    expect(statuses("/api/metrics", "get")).toBe("200 400 401 408 417 421 431 500 503");
    expect(statuses("/api/images/{id}", "get")).toBe("200 304 400 404 408 410 417 421 431 500 503");
    expect(statuses("/api/rounds", "post")).toBe("201 400 401 403 408 409 413 415 417 421 429 431 500 503");
    expect(statuses("/api/comparisons/{id}/answer", "post")).toBe(
      "200 400 401 403 404 408 409 410 413 415 417 421 429 431 500 503",
    );
  });
});

describe("the page", () => {
  test("shows every operation and schema, once, with an example for curl", async () => {
    const { status, body, headers } = await stranger(house.url).send("GET", "/api/docs");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const page = String(body);
    for (const { operationId } of operations()) expect(page.split(`<article id="${operationId}"`)).toHaveLength(2);
    for (const name of Object.keys(description.components.schemas))
      expect(page.split(`<article id="schema-${name}"`)).toHaveLength(2);
    expect(page.match(/>curl /g)).toHaveLength(operations().length);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
  });

  test("needs nothing that the policy of the pages forbids, and nothing from elsewhere", async () => {
    const page = String((await stranger(house.url).send("GET", "/api/docs")).body);
    expect(page).not.toMatch(/<style|<script(?! src="\/)| style="| on\w+="|<(img|iframe)/);
    expect([...page.matchAll(/(?:src|href)="(https?:[^"]*)"/g)]).toEqual([]);
    const { body, headers } = await stranger(house.url).send("GET", "/api/docs/style.css");
    expect(headers.get("content-type")).toMatch(/^text\/css/);
    expect(String(body)).not.toMatch(/url\(|@import/);
  });
});

/** A request that fetch would refuse to send. */
function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request(house.url + path, { method, headers }, async (response) => {
      const text = (await response.toArray()).join("");
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      resolve({ status: response.statusCode ?? 0, body, headers: new Headers(response.headers as Record<string, string>) });
    })
      .on("error", reject)
      .end();
  });
}

describe("a known address", () => {
  test.each(["TRACE", "QUERY", "OPTIONS", "PUT", "PATCH", "DELETE", "GET", "PROPFIND"])(
    "refuses the method %s, and says which it has",
    async (method) => {
      const reply = await ask(method, "/api/rounds");
      expect([reply.status, reply.headers.get("allow"), codeOf(reply)]).toEqual([405, "POST", "PICKAPIC_METHOD_UNKNOWN"]);
    },
  );

  test("with a part that varies is one address", async () => {
    const reply = await ask("PUT", "/api/rounds/x/events?y=1");
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await ask("TRACE", "/api/openapiXjson")).status).toBe(404);
  });

  test("takes no body with a method that it does not have", async () => {
    const reply = await stranger(house.url).send("PUT", "/api/rounds", { body: "{broken" });
    expect([reply.status, codeOf(reply)]).toEqual([405, "PICKAPIC_METHOD_UNKNOWN"]);
  });
});

test.each(["TRACE", "QUERY", "POST", "GET"])("an unknown address is 404 for %s, however long it is", async (method) => {
  for (const path of ["/api/nothing", `/api/rounds/${"x".repeat(2_000)}`]) {
    const reply = await ask(method, path, method === "GET" ? {} : { "content-type": "x" });
    if (path === "/api/nothing" || method === "GET") expect([path, reply.status]).toEqual([path, 404]);
  }
});

test("a body that is not called JSON is 415, whether or not the address takes one", async () => {
  for (const path of ["/api/auth/sign-out", "/api/auth/sign-in/social"]) {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "x"]) {
      const reply = await stranger(house.url).send("POST", path, { body: "x", headers: { "content-type": type } });
      expect([reply.status, codeOf(reply)]).toEqual([415, "PICKAPIC_BODY_TYPE"]);
    }
  }
});

/** What comes back for bytes that no client would send. */
function raw(text: string): Promise<string> {
  const { port, hostname } = new URL(house.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let reply = "";
    socket.on("data", (bytes) => {
      reply += bytes;
    });
    socket.on("error", reject).on("end", () => resolve(reply));
    socket.write(text);
  });
}

test.each([
  ["no Host", "GET /api/me HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "PICKAPIC_HOST_INVALID"],
  ["no HTTP", "hello\r\n\r\n", 400, "PICKAPIC_REQUEST_MALFORMED"],
  ["a method that there is not", "FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "PICKAPIC_REQUEST_MALFORMED"],
  ["CONNECT", "CONNECT a.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "PICKAPIC_REQUEST_MALFORMED"],
  [
    "a foreign expectation",
    "GET /api/me HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\n\r\n",
    417,
    "PICKAPIC_EXPECTATION_UNKNOWN",
  ],
  ["large headers", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431, "PICKAPIC_HEADERS_TOO_LARGE"],
])("what Node itself refuses has the body of all errors: %s", async (_what, text, status, code) => {
  const [head = "", body = ""] = (await raw(text)).split("\r\n\r\n", 2);
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toMatch(/content-type: application\/json/i);
  expect(ErrorBody.parse(JSON.parse(body)).error).toMatchObject({ status, code });
});
