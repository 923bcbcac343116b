/** @file Makes the OpenAPI document from the routes. The swagger plugin adds their schemas; access and errors are added from their policies. */
import swagger from "@fastify/swagger";
import type { RouteOptions } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { OpenAPIV3_1 } from "openapi-types";
import { ErrorBody } from "../api.ts";
import { sessionCookie } from "../auth/sessions.ts";
import { VERSION } from "../operations/routes.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";
import { tidyComponents } from "./components.ts";
import { type Refusal, type RoutePolicy, refusalsOf } from "./refusals.ts";

const TAGS = [
  { name: "account", description: "Who takes part: sign-in, consent, sign-out." },
  { name: "rounds", description: "A prompt, and the pairs of images that are made from it." },
  { name: "comparisons", description: "A pair of images, and the answer to it." },
  { name: "best of n", description: "Many images of a prompt, ranked by a scorer." },
  { name: "images", description: "The pictures themselves." },
  { name: "history", description: "A person's own answers." },
  { name: "results", description: "What all answers say together." },
  { name: "operator", description: "For the one who runs the server." },
] as const;

/** The tag of the judge's operations. */
export const JUDGE_TAG = { name: "judge", description: "Questions of other programs: which image do people prefer?" } as const;

const ABOUT = `Pick-a-Pic collects preferences over generated images: a person writes a prompt, sees two images, and says which one is better.

A session is a cookie that sign-in sets; the operator's token is in the file \`admin-token\` of the data folder. Every error has the body \`{ error: { code, message, status } }\`. A method that an address does not have is refused with 405 and the header \`Allow\`, an unknown address with 404.`;

/** What the description of an API says about all of it. */
export interface ApiFacts {
  readonly title: string;
  readonly about: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** The address under which it is reached; "/" means that of the document. */
  readonly server: string;
  readonly securitySchemes: Record<string, OpenAPIV3_1.SecuritySchemeObject>;
}

/** The facts of the app. */
export function apiFacts(settings: ResolvedSettings): ApiFacts {
  return {
    title: "Pick-a-Pic",
    about: ABOUT,
    tags: settings.judge === undefined ? TAGS : [...TAGS, JUDGE_TAG],
    server: settings.publicUrl ?? "/",
    securitySchemes: securitySchemes(settings),
  };
}

/**
 * Registers the OpenAPI document. Every route that is registered later must have operationId, summary, description and tags in its schema, or be left out
 * of the document by `hide`.
 */
export async function describeApi(app: App, { title, about, tags, server, securitySchemes }: ApiFacts): Promise<void> {
  const policies = new Map<string, RoutePolicy>();
  app.addHook("onRoute", (route) => {
    if (route.schema?.hide || isHead(route)) return;
    policies.set(checkedId(route), policyOf(route));
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title, version: VERSION, description: about, license: { name: "MIT", identifier: "MIT" } },
      servers: [{ url: server }],
      tags: [...tags],
      components: { securitySchemes },
    },
    transform: (route) => jsonSchemaTransform({ ...route, schema: { ...route.schema } }),
    transformObject: (document) =>
      tidyComponents(completed(jsonSchemaTransformObject(document) as OpenAPIV3_1.Document, policies)),
  });
}

/** The key of a caller of the judge, as the description names it. */
export const CALLER_SCHEME: OpenAPIV3_1.SecuritySchemeObject = {
  type: "http",
  scheme: "bearer",
  description: "A key of the judge, made with `pickapic judge key add`. A judge on this machine without keys needs none.",
};

function securitySchemes(settings: ResolvedSettings): Record<string, OpenAPIV3_1.SecuritySchemeObject> {
  const { name } = sessionCookie(settings, "");
  return {
    session: { type: "apiKey", in: "cookie", name, description: "Set by sign-in, sent back by browsers." },
    operator: { type: "http", scheme: "bearer", description: "The content of the file admin-token in the data folder." },
    ...(settings.judge === undefined ? {} : { caller: CALLER_SCHEME }),
  };
}

function isHead({ method }: RouteOptions): boolean {
  return method === "HEAD";
}

/**
 * Returns the operationId of a route.
 * @throws Error for a route without operationId, summary, description or tags
 */
function checkedId({ method, url, schema }: RouteOptions): string {
  const { operationId, summary, description, tags } = schema ?? {};
  if (!operationId || !summary || !description || !tags?.length)
    throw new Error(`route ${method} ${url} needs operationId, summary, description and tags in its schema, or hide`);
  return operationId;
}

function policyOf({ method, config, schema }: RouteOptions): RoutePolicy {
  const { access = "admin", rateLimit, needsDatabase = true, fails = [] } = config ?? {};
  const { params, querystring, headers, body } = schema ?? {};
  return {
    access,
    changes: method !== "GET",
    validated: Boolean(params ?? querystring ?? headers ?? body),
    varies: params !== undefined,
    idempotent: headers !== undefined,
    rateLimited: rateLimit !== false,
    needsDatabase,
    fails,
  };
}

type Schemas = NonNullable<OpenAPIV3_1.ComponentsObject["schemas"]>;
type Operation = OpenAPIV3_1.OperationObject;

/** Adds to each operation who may use it, and every error that it may reply with. */
function completed(document: OpenAPIV3_1.Document, policies: ReadonlyMap<string, RoutePolicy>): OpenAPIV3_1.Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of [path?.get, path?.post, path?.put, path?.patch, path?.delete]) {
      const policy = operation && policies.get(operation.operationId ?? "");
      if (policy) complete(operation, policy, document.components?.schemas ?? {});
    }
  }
  return document;
}

function complete(operation: Operation, policy: RoutePolicy, named: Schemas): void {
  operation.security = {
    public: [],
    user: [{ session: [] }],
    consented: [{ session: [] }],
    admin: [{ operator: [] }],
    caller: [{ caller: [] }],
  }[policy.access];
  const responses = operation.responses ?? {};
  operation.responses = responses;
  for (const [status, response] of Object.entries(responses) as [string, OpenAPIV3_1.ResponseObject][]) {
    nameResponse(response, named);
    // Replies with a status of 3xx have no body.
    if (status.startsWith("3")) delete response.content;
  }
  for (const [status, refusals] of Map.groupBy(refusalsOf(policy), (refusal) => refusal.status))
    responses[status] = refusedWith(refusals, responses[status] as OpenAPIV3_1.ResponseObject | undefined);
}

/** Describes a reply by the description of the named schema of its body: the swagger plugin calls it "Default Response", unless its schema is described in place. */
function nameResponse(response: OpenAPIV3_1.ResponseObject, named: Schemas): void {
  if (response.description !== "Default Response") return;
  const schema = Object.values(response.content ?? {})[0]?.schema;
  const name = schema && "$ref" in schema ? schema.$ref.split("/").at(-1) : undefined;
  response.description = named[name ?? ""]?.description ?? "Done.";
}

/**
 * Returns the response object of the errors with one status.
 * @param also the response that the route itself declares for this status, if any
 */
function refusedWith(refusals: readonly Refusal[], also: OpenAPIV3_1.ResponseObject | undefined): OpenAPIV3_1.ResponseObject {
  const own = also?.content?.["application/json"]?.schema;
  const refused = errorSchema(refusals);
  const schema = own ? { anyOf: [own, refused] } : refused;
  const lines = refusals.map(({ code, text }) => `- \`${code}\`: ${text}`);
  return {
    description: [...(also?.description ? [also.description, ""] : []), ...lines].join("\n"),
    content: { "application/json": { schema: schema as OpenAPIV3_1.SchemaObject } },
  };
}

/** Returns the schema of an error's body, narrowed to the codes of one status. */
function errorSchema(refusals: readonly Refusal[]): object {
  const code = { enum: refusals.map((refusal) => refusal.code) };
  const status = { const: refusals[0]?.status };
  return {
    allOf: [
      { $ref: `#/components/schemas/${ErrorBody.meta()?.id}` },
      { type: "object", properties: { error: { type: "object", properties: { code, status } } } },
    ],
  };
}
