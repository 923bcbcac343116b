/** @file The description of an API, made from routes of a test. That of the app is tested in test/description. */
import fastify from "fastify";
import type { OpenAPIV3_1 } from "openapi-types";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import "../../src/api.ts";
import type { Access } from "../../src/http/accessLevel.ts";
import { type ApiFacts, apiFacts, CALLER_SCHEME, describeApi, JUDGE_TAG } from "../../src/http/description.ts";
import { compileValidator } from "../../src/http/validation.ts";
import { settingsOf } from "../rounds/rows.ts";

const facts: ApiFacts = {
  title: "a title",
  about: "what it is",
  tags: [{ name: "x", description: "all of them" }],
  server: "https://a.example",
  securitySchemes: { key: { type: "apiKey", in: "header", name: "k" } },
};
const said = { summary: "s", description: "d", tags: ["x"] };
const Thing = z.object({ n: z.number() }).meta({ id: "ThingOfATest", description: "A thing." });

/** The document of these routes. Each has the config and the schema that are given; its operationId is its address. */
async function documentOf(routes: Record<string, { method?: string; config?: object; schema?: object }>) {
  const app = fastify();
  app.setValidatorCompiler(compileValidator as never).setSerializerCompiler(() => JSON.stringify);
  await describeApi(app as never, facts);
  for (const [url, { method = "GET", config = { access: "public" }, schema = {} }] of Object.entries(routes)) {
    const operationId = url.slice(1).replace("/:id", "");
    app.route({ url, method, config, schema: { operationId, ...said, ...schema }, handler: () => "" } as never);
  }
  await app.ready();
  const document = app.swagger() as OpenAPIV3_1.Document;
  await app.close();
  return document;
}

async function operationOf(config: object, schema: object = {}, method: "get" | "post" | "put" | "patch" | "delete" = "get") {
  const { paths } = await documentOf({ "/a": { method: method.toUpperCase(), config: { access: "public", ...config }, schema } });
  const operation = paths?.["/a"]?.[method];
  if (!operation) throw new Error("the operation is not described");
  const replies = (operation.responses ?? {}) as Record<string, OpenAPIV3_1.ResponseObject>;
  return { operation, replies, statuses: Object.keys(replies) };
}
/** The codes of errors with a status, without what all have in common. */
const codesOf = (replies: Record<string, OpenAPIV3_1.ResponseObject>, status: number) =>
  [...(replies[status]?.description ?? "").matchAll(/^- `PICKAPIC_(\w+)`: ./gm)].map(([, code]) => code);

describe("a document", () => {
  test("says what it is of, where it is reached, and how callers prove who they are", async () => {
    expect(await documentOf({})).toMatchObject({
      openapi: "3.1.0",
      info: {
        title: "a title",
        description: "what it is",
        version: expect.stringMatching(/^\d/),
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: "https://a.example" }],
      tags: facts.tags,
      components: { securitySchemes: facts.securitySchemes },
    });
  });

  test("leaves out what is hidden, and the HEAD of each GET", async () => {
    const { paths } = await documentOf({ "/a": {}, "/hidden": { schema: { hide: true, summary: undefined } } });
    expect(Object.entries(paths ?? {}).map(([path, methods]) => [path, Object.keys(methods ?? {})])).toEqual([["/a", ["get"]]]);
  });

  test.each(["operationId", "summary", "description", "tags"])("refuses a route without %s", async (field) => {
    const words = "route GET /a needs operationId, summary, description and tags in its schema, or hide";
    for (const missing of [undefined, field === "tags" ? [] : ""])
      await expect(documentOf({ "/a": { schema: { [field]: missing } } })).rejects.toThrow(words);
  });

  test("refuses a route without any schema", async () => {
    const app = fastify();
    await describeApi(app as never, facts);
    expect(() => app.get("/a", () => "")).toThrow("route GET /a needs operationId");
    await app.close();
  });
});

describe("an operation", () => {
  test.each<[Access, object[]]>([
    ["public", []],
    ["user", [{ session: [] }]],
    ["consented", [{ session: [] }]],
    ["admin", [{ operator: [] }]],
    ["caller", [{ caller: [] }]],
  ])("whose access is %j says so", async (access, security) => {
    expect((await operationOf({ access })).operation.security).toEqual(security);
  });

  test("without a policy is the operator's", async () => {
    const { operation, replies } = await operationOf({ access: undefined });
    expect([operation.security, codesOf(replies, 401)]).toEqual([[{ operator: [] }], ["ADMIN_REQUIRED"]]);
  });

  test("has the errors of all, and of the database unless it needs none", async () => {
    const { replies, statuses } = await operationOf({});
    expect(statuses).toEqual(["200", "400", "408", "417", "421", "429", "431", "500", "503"]);
    expect(codesOf(replies, 503)).toEqual(["STOPPING", "DATABASE_UNREACHABLE", "DISK_FULL"]);
    expect(codesOf(replies, 400)).toEqual(["REQUEST_MALFORMED", "ADDRESS_INVALID", "HOST_INVALID"]);
    const free = await operationOf({ needsDatabase: false, rateLimit: false });
    expect([free.statuses.includes("429"), codesOf(free.replies, 503)]).toEqual([false, ["STOPPING"]]);
  });

  test.each(["post", "put", "patch", "delete"] as const)("that changes something (%s) has the errors of that", async (method) => {
    const { replies } = await operationOf({}, {}, method);
    expect(codesOf(replies, 413)).toEqual(["BODY_TOO_LARGE"]);
    expect(codesOf(replies, 403)).toEqual(["ORIGIN_FOREIGN"]);
  });

  const anything = z.object({});
  test.each([
    ["querystring", ["BODY_INVALID"], undefined, []],
    ["params", ["BODY_INVALID"], ["ROUTE_UNKNOWN"], []],
    ["headers", ["BODY_INVALID", "KEY_INVALID"], undefined, ["KEY_REUSED"]],
  ])("that takes %s has the errors of that", async (part, invalid, unknown, reused) => {
    const { replies } = await operationOf({}, { [part]: anything });
    expect(codesOf(replies, 400).filter((code) => /BODY|KEY/.test(code ?? ""))).toEqual(invalid);
    expect(replies[404] && codesOf(replies, 404)).toEqual(unknown);
    expect(codesOf(replies, 409)).toEqual(reused);
  });

  test("that takes a body is checked, although it changes nothing", async () => {
    expect(codesOf((await operationOf({}, { body: anything }, "post")).replies, 400)).toContain("BODY_INVALID");
  });

  test("has the errors that it names itself, each with its text, beside a reply of its own with that status", async () => {
    const own = z.object({ a: z.string() });
    const { replies } = await operationOf(
      { fails: ["PICKAPIC_ROUND_UNKNOWN", "PICKAPIC_RANKING_UNKNOWN"] },
      { response: { 404: { description: "Nothing of yours.", content: { "application/json": { schema: own } } } } },
    );
    expect(replies[404]?.description).toBe(
      "Nothing of yours.\n\n- `PICKAPIC_ROUND_UNKNOWN`: There is no such round among yours.\n- `PICKAPIC_RANKING_UNKNOWN`: There is no such answer among yours.",
    );
    const refused = {
      allOf: [
        { $ref: "#/components/schemas/ErrorBody" },
        {
          type: "object",
          properties: {
            error: {
              type: "object",
              properties: {
                code: { enum: ["PICKAPIC_ROUND_UNKNOWN", "PICKAPIC_RANKING_UNKNOWN"] },
                status: { const: 404 },
              },
            },
          },
        },
      ],
    };
    const schema = replies[404]?.content?.["application/json"]?.schema;
    expect(schema).toEqual({
      anyOf: [expect.objectContaining({ type: "object", properties: { a: { type: "string" } } }), refused],
    });
    const alone = await operationOf({ fails: ["PICKAPIC_ROUND_UNKNOWN"] });
    expect(alone.replies[404]?.description).toBe("- `PICKAPIC_ROUND_UNKNOWN`: There is no such round among yours.");
    expect(alone.replies[404]?.content?.["application/json"]?.schema).toMatchObject({ allOf: [{}, {}] });
  });

  test("has its errors where its own reply with that status has no body, or one that is no JSON", async () => {
    const text = { description: "A text.", content: { "text/plain": { schema: z.string() } } };
    for (const own of [text, z.null().describe("Nothing.")]) {
      const { replies } = await operationOf({ fails: ["PICKAPIC_ROUND_UNKNOWN"] }, { response: { 404: own } });
      expect(codesOf(replies, 404)).toEqual(["ROUND_UNKNOWN"]);
      expect(replies[404]?.content).toMatchObject({ "application/json": { schema: { allOf: [{}, {}] } } });
    }
  });

  test("describes its reply by what the body is, a redirect without a body, and any other as done", async () => {
    const { replies } = await operationOf(
      {},
      {
        response: {
          200: Thing,
          201: z.string().describe("A text."),
          202: z.number(),
          302: z.unknown().describe("Elsewhere."),
          203: { description: "Said.", content: { "application/json": { schema: z.string() } } },
        },
      },
    );
    const words = [200, 201, 202, 203, 302].map((status) => replies[status]?.description);
    expect(words).toEqual(["A thing.", "A text.", "Done.", "Said.", "Elsewhere."]);
    expect([replies[302]?.content, replies[201]?.content !== undefined]).toEqual([undefined, true]);
    expect((await operationOf({})).replies[200]?.description).toBe("Done.");
  });
});

describe("the facts of the app", () => {
  test("name the judge where there is one", () => {
    const { title, about, tags, server, securitySchemes } = apiFacts(settingsOf());
    expect([title, server, about.includes("Pick-a-Pic collects")]).toEqual(["Pick-a-Pic", "/", true]);
    expect(tags).not.toContain(JUDGE_TAG);
    expect(tags.length).toBeGreaterThan(5);
    expect(securitySchemes).toEqual({
      session: {
        type: "apiKey",
        in: "cookie",
        name: "pickapic.session_token",
        description: "Set by sign-in, sent back by browsers.",
      },
      operator: { type: "http", scheme: "bearer", description: "The content of the file admin-token in the data folder." },
    });
    const judging = apiFacts({ ...settingsOf(), judge: {} as never, publicUrl: "https://a.example" });
    expect(judging.tags).toEqual([...tags, JUDGE_TAG]);
    expect(judging.server).toBe("https://a.example");
    expect(judging.securitySchemes).toMatchObject({
      caller: CALLER_SCHEME,
      session: { name: "__Secure-pickapic.session_token" },
    });
  });
});
