/** @file A real server on a real database in a folder of its own, generators that the test holds in its hand, and visitors. */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Backend, type CompleteRequest, completeRequest } from "@pickapic/generation";
import type pg from "pg";
import sharp from "sharp";
import { readyDatabase } from "../../../test/support/readyDatabase.ts";
import { AnswerReply, type Choice, Comparison, Me, Round } from "../src/api.ts";
import { connect } from "../src/database/database.ts";
import { hasEmbedded, runningEmbedded } from "../src/database/embedded.ts";
import { startServer } from "../src/index.ts";
import type { ServerSettings } from "../src/settings.ts";

const MODELS = ["model-a", "model-b", "model-c"];

/** For expect.poll: the machine may be busy with something else. */
export const PATIENT = { timeout: 30_000 };

export interface FakeBackend extends Backend {
  /** Every request that came. */
  readonly requests: CompleteRequest[];
  /** Set by a test: throws or waits before a picture is made. */
  before: (request: CompleteRequest, signal: AbortSignal | undefined) => Promise<void>;
}

/** Solid colours; the colour follows from the seed. */
export function fakeBackend(models: readonly string[] = MODELS, size = 64): FakeBackend {
  const requests: CompleteRequest[] = [];
  return {
    name: "fake",
    simulated: true,
    models: models.map((name) => ({ name, steps: 4, scheduler: "none", width: size, height: size })),
    requests,
    before: async () => undefined,
    async generate(request, { signal } = {}) {
      const complete = completeRequest(request);
      requests.push(complete);
      await this.before(complete, signal);
      const { width, height, seed } = complete;
      const background = { r: seed & 255, g: (seed >> 8) & 255, b: (seed >> 16) & 255 };
      const bytes = await sharp({ create: { width, height, channels: 3, background } })
        .png()
        .withExif({ IFD0: { Artist: request.model } })
        .toBuffer();
      return { bytes, mediaType: "image/png", width, height, warnings: [] };
    },
  };
}

export interface House {
  url: string;
  folder: string;
  backend: FakeBackend;
  visitor(): Promise<Visitor>;
  /** A visitor who has agreed. */
  judge(): Promise<Visitor>;
  sql<T extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "pickapic-server-"));
}

/** Environment without settings: tests say what they set. */
export const NO_ENVIRONMENT: NodeJS.ProcessEnv = {};

/** A server without a shortest answer time, unless a test sets one: programs answer at once. */
export async function openHouse(settings: Partial<ServerSettings> = {}): Promise<House> {
  const base = await temporaryFolder();
  const folder = settings.dataFolder ?? join(base, "data");
  if (!(await hasEmbedded(folder))) await readyDatabase(folder);
  const backend = fakeBackend();
  const server = await startServer(
    { dataFolder: folder, port: 0, backends: [backend], logLevel: "silent", retryDelayMs: 10, fastestAnswerMs: 0, ...settings },
    NO_ENVIRONMENT,
  );
  const connection = connect((await runningEmbedded(folder)) ?? "", { size: 2, name: "test" }, () => undefined);
  return {
    url: server.url,
    folder,
    backend,
    visitor: () => arrive(server.url),
    judge: () => judge(server.url),
    sql: async <T extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await connection.pool.query<T>(text, values)).rows,
    async close() {
      await connection.close();
      await server.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}

export interface Call {
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Reply {
  status: number;
  body: unknown;
  headers: Headers;
}

/** Somebody with a cookie jar. */
export interface Visitor {
  send(method: string, path: string, call?: Call): Promise<Reply>;
  cookie(): string;
}

export function stranger(url: string): Visitor {
  let cookie = "";
  return {
    cookie: () => cookie,
    async send(method, path, { body, headers = {} } = {}) {
      const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const response = await fetch(url + path, {
        method,
        headers: { ...json, cookie, ...headers },
        body: text,
        redirect: "manual",
      });
      for (const line of response.headers.getSetCookie()) cookie = line.split(";")[0] ?? "";
      const content = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json");
      return { status: response.status, body: isJson ? JSON.parse(content) : content, headers: response.headers };
    },
  };
}

async function arrive(url: string): Promise<Visitor> {
  const visitor = stranger(url);
  await must(visitor.send("POST", "/api/auth/sign-in/anonymous", { body: {} }));
  return visitor;
}

export async function judge(url: string): Promise<Visitor> {
  const visitor = await arrive(url);
  const me = await meOf(visitor);
  await must(visitor.send("POST", "/api/consent", { body: { version: me.consent.version } }));
  return visitor;
}

/** @throws Error unless the status is 2xx. */
export async function must(reply: Promise<Reply>): Promise<Reply> {
  const { status, body, headers } = await reply;
  if (status < 200 || status > 299) throw new Error(`status ${status}: ${JSON.stringify(body)}`);
  return { status, body, headers };
}

export async function meOf(visitor: Visitor): Promise<Me> {
  return Me.parse((await must(visitor.send("GET", "/api/me"))).body);
}

export async function writePrompt(visitor: Visitor, prompt = "a red cat"): Promise<Round> {
  return Round.parse((await must(visitor.send("POST", "/api/rounds", { body: { prompt } }))).body);
}

export async function roundOf(visitor: Visitor, id: string): Promise<Round> {
  return Round.parse((await must(visitor.send("GET", `/api/rounds/${id}`))).body);
}

/** Looks at a round until it is in the state. */
export async function until(visitor: Visitor, id: string, state: Round["state"]): Promise<Round> {
  const end = Date.now() + 20_000;
  for (;;) {
    const round = await roundOf(visitor, id);
    if (round.state === state) return round;
    if (Date.now() > end) throw new Error(`the round is still "${round.state}", not "${state}"`);
    await wait(10);
  }
}

/** A round with its first comparison. */
export async function startRound(visitor: Visitor, prompt?: string): Promise<{ round: Round; comparison: Comparison }> {
  const { id } = await writePrompt(visitor, prompt);
  const round = await until(visitor, id, "ready");
  return { round, comparison: Comparison.parse(round.comparison) };
}

export function send(visitor: Visitor, comparison: string, choice: Choice | string, key: string = randomUUID()): Promise<Reply> {
  return visitor.send("POST", `/api/comparisons/${comparison}/answer`, {
    body: { choice, elapsedMs: 1234 },
    headers: { "idempotency-key": key },
  });
}

export async function answer(visitor: Visitor, comparison: string, choice: Choice): Promise<AnswerReply> {
  return AnswerReply.parse((await must(send(visitor, comparison, choice))).body);
}

/** Answers and waits for the next comparison. */
export async function answerAndGoOn(
  visitor: Visitor,
  comparison: string,
  choice: Choice,
): Promise<{ reply: AnswerReply; next: Comparison }> {
  const reply = await answer(visitor, comparison, choice);
  const round = await until(visitor, reply.round.id, "ready");
  return { reply, next: Comparison.parse(round.comparison) };
}

export function codeOf({ body }: Reply): string {
  return (body as { error: { code: string } }).error.code;
}

export function messageOf({ body }: Reply): string {
  return (body as { error: { message: string } }).error.message;
}

export function idOf(url: string): string {
  return url.split("/").at(-1) ?? "";
}

export async function adminToken(folder: string): Promise<string> {
  return (await readFile(join(folder, "admin-token"), "utf8")).trim();
}
