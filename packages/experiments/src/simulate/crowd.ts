/** @file A crowd of simulated people: who acts when, how many answers they give in all, and what came of it. */

import { drawSeed, randomFor } from "@pickapic/chance";
import { Health } from "@pickapic/server/api";
import { person } from "@pickapic/toyworld";
import { ExperimentError } from "../errors.ts";
import type { ProgressReport } from "../progress.ts";
import { type ClientSettings, openClient } from "./client.ts";
import type { Thanked, ThankedLog } from "./record.ts";
import { arrive, type Visitor } from "./visitor.ts";

/** Who answers what in which app. The same seed gives the same people; what they see depends on the app. */
export interface CrowdSettings {
  url: URL;
  users: number;
  /** Number of answers of all people together. */
  answers: number;
  /** Number of people who act at the same time. */
  concurrency: number;
  seed: number;
  token: string;
  /** How long the app may be away, ms. */
  awayTimeoutMs: number;
  /** Whether to compare the app's history of every person with the thanked answers at the end. */
  verify: boolean;
}

/** What a crowd needs from its caller. `now` is a clock in ms; progress is counted in answers that the app thanked. */
export interface CrowdEffects {
  signal: AbortSignal;
  now: () => number;
  log: ThankedLog;
  onProgress: (report: ProgressReport) => void;
}

/** What a crowd did in the app, and how long it took. */
export interface CrowdOutcome {
  users: number;
  /** Answers that the app thanked. */
  answers: number;
  ties: number;
  rounds: number;
  /** Requests that were repeated because the app was away or busy. */
  retries: number;
  seconds: number;
  /** With `verify`: thanked answers that the app does not know, and answers that it has twice. */
  verified?: { missing: number; twice: number };
}

/** How long the first request waits for an app that is just starting, ms. */
const FIRST_TIMEOUT_MS = 3_000;
/** Rounds without an answer in a row before the crowd gives up, because the app generates no images. */
const MOST_EMPTY_ROUNDS = 20;

/** The people so far, what they did, and who is next. */
interface Crowd {
  visitors: Visitor[];
  /** The people in the order of their turns. After a round, a person goes to the end. */
  queue: (() => Promise<Visitor>)[];
  thanked: Thanked[];
  rounds: number;
  retries: number;
  /** Answers that may still be given. */
  left: number;
}

/** Runs the crowd. @throws ExperimentError when the app is away for too long, or refuses a request */
export async function simulateCrowd(settings: CrowdSettings, effects: CrowdEffects): Promise<CrowdOutcome> {
  const started = effects.now();
  const failure = new AbortController();
  const signal = AbortSignal.any([effects.signal, failure.signal]);
  const crowd = gather(settings, { ...effects, signal });
  const player = async () => {
    try {
      await takeTurns(crowd, settings, effects);
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  };
  const players = Array.from({ length: Math.min(settings.concurrency, settings.users) }, player);
  await Promise.allSettled(players);
  await Promise.all(players);
  return {
    ...summary(crowd),
    seconds: (effects.now() - started) / 1000,
    ...(settings.verify ? { verified: await verify(crowd) } : {}),
  };
}

function gather(settings: CrowdSettings, effects: CrowdEffects): Crowd {
  const { url, awayTimeoutMs, token } = settings;
  const seeds = randomFor("crowd", settings.seed);
  const crowd: Crowd = { visitors: [], queue: [], thanked: [], rounds: 0, retries: 0, left: settings.answers };
  const arrival = async (seed: number) => {
    const random = randomFor("visitor", seed);
    const world: ClientSettings = {
      url,
      awayTimeoutMs,
      signal: effects.signal,
      now: effects.now,
      random,
      onRetry: () => crowd.retries++,
    };
    const visitor = await arrive({ client: openClient(world), person: person(seed), random, token, world });
    crowd.visitors.push(visitor);
    return visitor;
  };
  crowd.queue = Array.from({ length: settings.users }, () => {
    const seed = drawSeed(seeds);
    return () => arrival(seed);
  });
  return crowd;
}

/**
 * Lets the next person in the queue play a round and go to the end of the queue, until all answers are given. Several of these
 * loops run at the same time.
 */
async function takeTurns(crowd: Crowd, { answers }: CrowdSettings, { log, onProgress }: CrowdEffects): Promise<void> {
  const take = () => crowd.left-- > 0;
  const note = (answer: Thanked) => {
    log.add(answer);
    crowd.thanked.push(answer);
    onProgress({ done: crowd.thanked.length, total: answers, unit: "answers" });
  };
  for (let empty = 0; crowd.left > 0; ) {
    const next = crowd.queue.shift();
    if (!next) return;
    const visitor = await next();
    crowd.rounds++;
    const given = await visitor.playRound(take, note);
    empty = given > 0 ? 0 : empty + 1;
    if (empty > MOST_EMPTY_ROUNDS) throw noPictures(empty);
    crowd.queue.push(async () => visitor);
  }
}

function noPictures(rounds: number): ExperimentError {
  return new ExperimentError(
    "PICKAPIC_CLI_APP_REFUSED",
    `made no pictures in ${rounds} rounds in a row: see its log, then run the command again.`,
  );
}

function summary({ visitors, thanked, rounds, retries }: Crowd): Omit<CrowdOutcome, "seconds" | "verified"> {
  const ties = thanked.filter(({ choice }) => choice === "tie").length;
  return { users: visitors.length, answers: thanked.length, ties, rounds, retries };
}

/**
 * Waits until the app at `url` reports that it is healthy. @throws ExperimentError PICKAPIC_CLI_APP_UNREACHABLE after three
 * seconds
 */
export async function assertRunning(url: URL, { signal, now }: Pick<CrowdEffects, "signal" | "now">): Promise<void> {
  const client = openClient({ url, awayTimeoutMs: FIRST_TIMEOUT_MS, signal, now, random: () => 0.5, onRetry() {} });
  await client.send({ method: "GET", path: "/api/health" }, Health);
}

async function verify({ visitors, thanked }: Crowd): Promise<{ missing: number; twice: number }> {
  const known: number[] = [];
  for (const visitor of visitors) known.push(...(await visitor.rankings()));
  const kept = new Set(known);
  return { missing: thanked.filter(({ ranking }) => !kept.has(ranking)).length, twice: known.length - kept.size };
}
