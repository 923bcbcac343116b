/** @file The people of the benchmark `kills`. Each answers pairs, and sends an answer again with the same idempotency key until the server confirms it. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { AnswerReply, type Choice, History, Me, Round } from "../../packages/server/src/api.ts";

const CHOICES: readonly Choice[] = ["left", "right", "tie"];
/** How long a person looks at a pair, in ms. */
const LOOK_MS = 400;
/** The pause before a failed request is sent again, in ms. */
const AGAIN_MS = 250;
/** A request without a reply in this time has failed, in ms. */
const PATIENCE_MS = 15_000;

export interface Person {
  /** The choice of each ranking that the server has confirmed. */
  readonly thanked: ReadonlyMap<number, Choice>;
  /** Answers pairs until the signal is aborted; the current answer is finished first. */
  answer(until: AbortSignal): Promise<void>;
  /** The choice of each ranking that the server has stored. */
  stored(): Promise<Map<number, Choice>>;
}

/** Signs in as a new guest and agrees. @param url address of the server, which may be unreachable for a while */
export async function arrive(url: string): Promise<Person> {
  const session = { cookie: "" };
  const ask = (method: string, path: string, body?: object) => persist(url + path, method, session, body);
  await ask("POST", "/api/auth/sign-in/anonymous", {});
  const { consent } = Me.parse(await ask("GET", "/api/me"));
  await ask("POST", "/api/consent", { version: consent.version });
  const thanked = new Map<number, Choice>();
  const write = async () => Round.parse(await ask("POST", "/api/rounds", { prompt: "two red apples left of a cat" }));
  return {
    thanked,
    async answer(until) {
      let round = await write();
      for (let i = 0; !until.aborted; i++) {
        await wait(LOOK_MS);
        if (round.comparison === null) {
          round = Round.parse(await ask(round.state === "failed" ? "POST" : "GET", pathOf(round)));
          continue;
        }
        const choice = CHOICES[i % CHOICES.length] ?? "tie";
        const reply = await ask("POST", `/api/comparisons/${round.comparison.id}/answer`, { choice, elapsedMs: 2_000 });
        const { ranking, round: next } = AnswerReply.parse(reply);
        thanked.set(ranking, choice);
        round = next;
      }
    },
    async stored() {
      const all = new Map<number, Choice>();
      for (let next: string | null = ""; next !== null; ) {
        const page = History.parse(await ask("GET", `/api/history?limit=200${next === "" ? "" : `&before=${next}`}`));
        for (const { ranking, choice } of page.items) all.set(ranking, choice);
        next = page.next;
      }
      return all;
    },
  };
}

function pathOf({ id, state }: Round): string {
  return `/api/rounds/${id}${state === "failed" ? "/retry" : ""}`;
}

/** Sends a request, always with the same idempotency key, until the status of the reply is below 500 and not 429. */
async function persist(url: string, method: string, session: { cookie: string }, body?: object): Promise<unknown> {
  const headers = {
    cookie: session.cookie,
    "idempotency-key": randomUUID(),
    ...(body ? { "content-type": "application/json" } : {}),
  };
  for (;;) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal }).catch(() => null);
    const text = await response?.text().catch(() => null);
    if (response && typeof text === "string" && response.status < 500 && response.status !== 429) {
      if (!response.ok) throw new Error(`${method} ${url}: ${text}`);
      session.cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? session.cookie;
      return JSON.parse(text);
    }
    await wait(AGAIN_MS);
  }
}
