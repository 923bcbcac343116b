/** @file One simulated person in the app: signs in as a guest, consents, writes a prompt, looks, and answers. */
import { randomUUID } from "node:crypto";
import type { GenerationRequest } from "@pickapic/generation";
import { AdminImage, type Answer, AnswerReply, type Comparison, Me, Round } from "@pickapic/server/api";
import { type SimulatedPerson, sampleCaption } from "@pickapic/toyworld";
import { z } from "zod";
import { answerTime } from "../collect.ts";
import { ExperimentError } from "../errors.ts";
import type { Client, ClientSettings } from "./client.ts";
import { pause } from "./pause.ts";
import type { Thanked } from "./record.ts";

/**
 * Who uses the app, and how. `random` is uniform in [0, 1); `token` is that of the operator, because only the
 * operator may ask how an image was made.
 */
export interface VisitorSettings {
  client: Client;
  person: SimulatedPerson;
  random: () => number;
  token: string;
  world: Pick<ClientSettings, "signal" | "now" | "awayTimeoutMs">;
}

/** A person who is signed in and has consented to the release of the answers. */
export interface Visitor {
  /** Writes one prompt and answers its comparisons as long as `next` returns true. Resolves to the number of answers for which the app has thanked. */
  playRound(next: () => boolean, thanked: (answer: Thanked) => void): Promise<number>;
  /** Every ranking that the app counts for this person. */
  rankings(): Promise<number[]>;
}

/** Probability of another answer before a new prompt: about four answers per prompt. */
const STAY_PROBABILITY = 0.75;
/** Least time between two looks at a round that is being generated, ms: at first, and after many looks. */
const FIRST_LOOK_MS = 60;
const LATER_LOOK_MS = 500;
/** Most time between two looks, ms. */
const LONGEST_LOOK_MS = 1_000;
/** A person looks again after this share of the time that the app estimates, because every look takes processor time from the making of pictures. */
const LOOK_AFTER_SHARE = 0.7;

/** Signs in as a guest and consents. */
export async function arrive(settings: VisitorSettings): Promise<Visitor> {
  const { client } = settings;
  await client.send({ method: "POST", path: "/api/auth/sign-in/anonymous", body: {} }, z.unknown());
  const me = await client.send({ method: "GET", path: "/api/me" }, Me);
  if (!me.user) throw new ExperimentError("PICKAPIC_CLI_NOT_INVITED");
  if (me.user.consentVersion !== me.consent.version)
    await client.send({ method: "POST", path: "/api/consent", body: { version: me.consent.version } }, Me);
  const user = me.user.id;
  return {
    playRound: (next, thanked) => playRound(settings, user, next, thanked),
    rankings: () => rankings(client),
  };
}

async function playRound(
  settings: VisitorSettings,
  user: string,
  next: () => boolean,
  thanked: (answer: Thanked) => void,
): Promise<number> {
  let round = await openRound(settings);
  const seen: Seen = new Map();
  let given = 0;
  do {
    round = await untilReady(settings, round);
    if (!round.comparison || !next()) break;
    const { answer, reply } = await answerComparison(settings, round, round.comparison, seen);
    thanked({ ...answer, ranking: reply.ranking, user, round: round.id });
    given++;
    round = reply.round;
  } while (settings.random() < STAY_PROBABILITY);
  return given;
}

/** The requests of pictures that a person has looked at, by address. The picture that stays for the next pair is not looked at again. */
type Seen = Map<string, GenerationRequest>;

async function answerComparison(settings: VisitorSettings, round: Round, comparison: Comparison, seen: Seen) {
  const body = await choose(settings, round.prompt, comparison, seen);
  const key = randomUUID();
  const path = `/api/comparisons/${comparison.id}/answer`;
  // Only the operator may mark an answer as simulated.
  const reply = await settings.client.send({ method: "POST", path, body, key, token: settings.token }, AnswerReply);
  return { reply, answer: { comparison: comparison.id, choice: body.choice, key } };
}

function openRound({ client, random }: VisitorSettings): Promise<Round> {
  return client.send({ method: "POST", path: "/api/rounds", body: { prompt: sampleCaption(random) }, key: randomUUID() }, Round);
}

/** Polls the round until it has a comparison. A round whose images failed is returned without one. */
async function untilReady({ client, world }: VisitorSettings, first: Round): Promise<Round> {
  const started = world.now();
  let round = first;
  for (let least = FIRST_LOOK_MS; !round.comparison && round.state !== "failed"; least = Math.min(1.5 * least, LATER_LOOK_MS)) {
    if (world.now() - started > world.awayTimeoutMs) throw stuck(round, world.awayTimeoutMs);
    const estimated = LOOK_AFTER_SHARE * (round.progress.etaMs ?? 0);
    await pause(Math.min(LONGEST_LOOK_MS, Math.max(least, estimated)), world.signal);
    round = await client.send({ method: "GET", path: `/api/rounds/${round.id}` }, Round);
  }
  return round;
}

function stuck(round: Round, awayTimeoutMs: number): ExperimentError {
  const waited = Math.round(awayTimeoutMs / 1000);
  return new ExperimentError(
    "PICKAPIC_CLI_APP_REFUSED",
    `showed no pictures for "${round.prompt}" within ${waited} s: see its log, then run the command again.`,
  );
}

async function choose(settings: VisitorSettings, prompt: string, { left, right }: Comparison, seen: Seen): Promise<Answer> {
  const [leftRequest, rightRequest] = await Promise.all([look(settings, left.url, seen), look(settings, right.url, seen)]);
  const choice = settings.person.choose(prompt, leftRequest, rightRequest, settings.random);
  const { taste, ...parameters } = settings.person.parameters;
  return { choice, elapsedMs: answerTime(settings.random), simulated: { ...parameters, taste: { ...taste } } };
}

/** Asks how an image was made, which the operator may know. */
async function look({ client, token }: VisitorSettings, url: string, seen: Seen): Promise<GenerationRequest> {
  const known = seen.get(url);
  if (known !== undefined) return known;
  const id = url.split("/").at(-1) ?? "";
  const { request } = await client.send({ method: "GET", path: `/api/admin/images/${id}`, token }, AdminImage);
  seen.set(url, request);
  return request;
}

const HistoryPage = z.object({ items: z.array(z.object({ ranking: z.int() })), next: z.string().nullable() });

async function rankings(client: Client): Promise<number[]> {
  const found: number[] = [];
  let before: string | null = null;
  do {
    const path: string = before === null ? "/api/history" : `/api/history?before=${encodeURIComponent(before)}`;
    const page = await client.send({ method: "GET", path }, HistoryPage);
    found.push(...page.items.map((item) => item.ranking));
    before = page.next;
  } while (before !== null);
  return found;
}
