/** @file Answers per second with prepared pairs, SQL statements of each, and how long 200 people wait who write a prompt at once. `--only prompts`, `--people 50`, `--rounds 60`, `--pace 250`, `--crowd 200`, `--json`. */
import { type ChildProcess, fork } from "node:child_process";
import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AnswerReply, type Comparison, Round } from "../packages/server/src/api.ts";
import { arrive, type Person } from "./answers/people.ts";
import type { Order, Usage } from "./answers/server.ts";
import { benchOptions, chosenOf, wholeNumber } from "./options/options.ts";

const options = benchOptions({
  people: { type: "string", default: "50" },
  rounds: { type: "string", default: "60" },
  /** Answers per second of all people together, whatever the speed of the replies; 0: each person answers as soon as the next pair is ready. */
  pace: { type: "string", default: "0" },
  crowd: { type: "string", default: "200" },
  /** "answers" or "prompts" runs only that half. */
  only: { type: "string", multiple: true },
  json: { type: "boolean", default: false },
});

/** The answer time that is sent with each answer, in ms. */
const ELAPSED_MS = 1_500;
/** The share of the rounds that warm the server up and are not measured. */
const WARM_SHARE = 0.15;

interface Child {
  ask<T>(order: Order): Promise<T>;
}

async function withServer<T>(runWorker: boolean, use: (url: string, child: Child) => Promise<T>): Promise<T> {
  const execArgv = process.env.PICKAPIC_BENCH_NODE_OPTIONS?.split(" ").filter((option) => option !== "") ?? [];
  const child = fork(fileURLToPath(new URL("answers/server.ts", import.meta.url)), { execArgv });
  const server: Child = { ask: (order) => askChild(child, order) };
  try {
    return await use(await server.ask<string>({ kind: "start", runWorker }), server);
  } finally {
    await server.ask({ kind: "stop" });
  }
}

function askChild<T>(child: ChildProcess, order: Order): Promise<T> {
  return new Promise((done, failed) => {
    child.once("message", (message: { reply: T; error?: string }) =>
      message.error === undefined ? done(message.reply) : failed(new Error(message.error)),
    );
    child.send(order);
  });
}

interface Figures {
  answersPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  statementsPerAnswer: number;
  /** CPU time of the server for an answer and its picture, in ms. */
  serverMs: number;
  databaseMs: number;
  /** CPU time of the simulated people per answer, in ms. They run on the same machine. */
  peopleMs: number;
  answers: number;
}

/** Answers the pairs of each round until it has no more, and loads each new picture, as a page does. */
async function judge(
  person: Person,
  comparisons: readonly string[],
  pause: () => Promise<unknown>,
  times: number[],
): Promise<void> {
  for (const first of comparisons) {
    let next: string | undefined = first;
    let kept: Comparison | null = null;
    while (next !== undefined) {
      await pause();
      const start = performance.now();
      const choice = times.length % 2 === 0 ? "left" : "right";
      const reply = AnswerReply.parse(
        await person.ask("POST", `/api/comparisons/${next}/answer`, { choice, elapsedMs: ELAPSED_MS }),
      );
      times.push(performance.now() - start);
      const { comparison } = reply.round;
      const fresh = [comparison?.left.url, comparison?.right.url].find(
        (url) => url !== undefined && url !== kept?.left.url && url !== kept?.right.url,
      );
      if (fresh !== undefined) await person.ask("GET", fresh);
      kept = comparison;
      next = comparison?.id;
    }
  }
}

/** Returns a function that each person awaits before an answer, so that all together give `perSecond` answers a second; 0 does not limit them. */
function paced(perSecond: number): () => Promise<unknown> {
  if (perSecond === 0) return async () => {};
  let slot = performance.now();
  return () => {
    slot = Math.max(slot + 1000 / perSecond, performance.now());
    return wait(slot - performance.now());
  };
}

async function measureAnswers(people: number, rounds: number, pace: number): Promise<Figures> {
  return withServer(false, async (url, server) => {
    const crowd: Person[] = [];
    for (let i = 0; i < people; i++) crowd.push(await arrive(url));
    const shown = await server.ask<string[][]>({ kind: "prepare", users: crowd.map(({ id }) => id), rounds });
    const warm = Math.max(1, Math.round(rounds * WARM_SHARE));
    await Promise.all(crowd.map((person, i) => judge(person, shown[i]?.slice(0, warm) ?? [], paced(0), [])));
    const before = await server.ask<Usage>({ kind: "usage" });
    const times: number[] = [];
    const pause = paced(pace);
    const start = performance.now();
    const own = process.cpuUsage();
    await Promise.all(crowd.map((person, i) => judge(person, shown[i]?.slice(warm) ?? [], pause, times)));
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(own);
    const after = await server.ask<Usage>({ kind: "usage" });
    const answers = times.length;
    const each = (name: keyof Usage) => (after[name] - before[name]) / answers;
    return {
      ...spread(times),
      answersPerSecond: answers / seconds,
      statementsPerAnswer: each("statements"),
      serverMs: each("serverMs"),
      databaseMs: each("databaseMs"),
      peopleMs: (user + system) / 1000 / answers,
      answers,
    };
  });
}

function spread(times: number[]): { p50Ms: number; p99Ms: number; maxMs: number } {
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

interface Waits {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  imagesPerSecond: number;
  /** CPU time of the server per image, in ms: to generate, encode and store it, and to send its event. */
  serverMs: number;
  databaseMs: number;
  prompts: number;
}

/** Measures how long each person waits for the first pair when all write a prompt at the same moment. */
async function measurePrompts(people: number): Promise<Waits> {
  return withServer(true, async (url, server) => {
    const crowd: Person[] = [];
    for (let i = 0; i < people; i++) crowd.push(await arrive(url));
    const before = await server.ask<Usage>({ kind: "usage" });
    const start = performance.now();
    const times = await Promise.all(
      crowd.map(async (person, i) => {
        const round = Round.parse(await person.ask("POST", "/api/rounds", { prompt: `a red cat and ${i} apples` }));
        await person.follow(`/api/rounds/${round.id}/events`, (data) => Round.parse(data).state === "ready");
        return performance.now() - start;
      }),
    );
    const seconds = Math.max(...times) / 1000;
    const after = await server.ask<Usage>({ kind: "usage" });
    const images = await server.ask<number>({ kind: "images" });
    const each = (name: keyof Usage) => (after[name] - before[name]) / images;
    return {
      ...spread(times),
      imagesPerSecond: images / seconds,
      serverMs: each("serverMs"),
      databaseMs: each("databaseMs"),
      prompts: people,
    };
  });
}

const halves = chosenOf("only", options.only, ["answers", "prompts"]);
const answers = halves.includes("answers")
  ? await measureAnswers(
      wholeNumber("people", options.people),
      wholeNumber("rounds", options.rounds),
      wholeNumber("pace", options.pace, 0),
    )
  : null;
const prompts = halves.includes("prompts") ? await measurePrompts(wholeNumber("crowd", options.crowd)) : null;
const machine = `${cpus()[0]?.model}, ${cpus().length} cores`;
if (options.json) process.stdout.write(`${JSON.stringify({ answers, prompts, machine })}\n`);
else {
  process.stdout.write(`${machine}\n`);
  if (answers) {
    const { answersPerSecond, p50Ms, p99Ms, statementsPerAnswer, serverMs, databaseMs, peopleMs } = answers;
    process.stdout.write(
      `${answers.answers} answers of ${options.people} people: ${answersPerSecond.toFixed(1)} answers/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ${statementsPerAnswer.toFixed(1)} statements, ${serverMs.toFixed(2)} ms of the server's and ${databaseMs.toFixed(2)} ms of PostgreSQL's processor time per answer (its new picture included), ${peopleMs.toFixed(2)} ms of the people's\n`,
    );
  }
  if (prompts) {
    const { p50Ms, maxMs, imagesPerSecond, serverMs, databaseMs } = prompts;
    process.stdout.write(
      `${prompts.prompts} prompts at once: a pair after ${(p50Ms / 1000).toFixed(1)} s (median), ${(maxMs / 1000).toFixed(1)} s (last), ${imagesPerSecond.toFixed(1)} images/s, ${serverMs.toFixed(1)} ms of the server's and ${databaseMs.toFixed(1)} ms of PostgreSQL's processor time per image\n`,
    );
  }
}
