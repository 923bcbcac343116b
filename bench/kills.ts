/**
 * @file Faults while people answer: kills of the server, of a backend, of PostgreSQL, restarts of an external one, and of two servers that share a database and a bucket; counts answers
 * lost and twice, pictures missing, stalls and hung stops. `--kills 40`, `--people 8`, `--only own external machines`, `--json`.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openEmbedded, runningEmbedded } from "../packages/server/src/database/embedded.ts";
import { appOn, STOP_WITHIN_MS } from "./kills/app.ts";
import { startBucket } from "./kills/bucket.ts";
import { type Fault, missingPictures, type Outcome, storedTwice, strike, type Target } from "./kills/faults.ts";
import { arrive, type Person } from "./kills/people.ts";
import { benchOptions, chosenOf, wholeNumber } from "./options/options.ts";

/** The time between two faults in which people answer undisturbed, in ms. */
const CALM_MS = 2_000;
/** A longer time without a new image counts as a stall, in ms. */
const STALL_MS = 10_000;
/** A longer start after kill -9 counts as slow, in ms. It is not a failure, because it depends on the load of the machine. */
const START_MS = 4_000;
/** The number of faults after which the app is stopped with SIGTERM and started again. */
const STOP_EVERY = 4;
const OWN: readonly Fault[] = ["server", "backend", "postmaster", "both"];

interface Stop {
  ms: number;
  clean: boolean;
}

interface Result {
  outcomes: Outcome[];
  stops: Stop[];
  thanked: number;
  lost: number;
  /** Answers that were stored without a confirmation, or twice for one pair. */
  twice: number;
  /** Pictures that the database names and the file store does not have. */
  missing: number;
}

const say = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * Lets people answer while the faults happen one after the other, and then compares the confirmed answers with the stored ones.
 * @param targets servers of one database. People and faults take turns with them
 */
async function endure(targets: readonly [Target, ...Target[]], faults: readonly Fault[], count: number): Promise<Result> {
  for (const { app } of targets) await app.start();
  const turn = (i: number) => targets[i % targets.length] ?? targets[0];
  const people = await Promise.all(Array.from({ length: count }, (_, i) => arrive(turn(i).app.url)));
  const enough = new AbortController();
  const answering = Promise.all(people.map((person) => person.answer(enough.signal)));
  const outcomes: Outcome[] = [];
  const stops: Stop[] = [];
  for (const [i, fault] of faults.entries()) {
    await wait(CALM_MS);
    const target = turn(i);
    const outcome = await strike(fault, target);
    outcomes.push(outcome);
    say(
      `${fault}: images again after ${seconds(outcome.stallMs)}${outcome.restartMs ? `, start ${seconds(outcome.restartMs)}` : ""}`,
    );
    if ((i + 1) % STOP_EVERY === 0) stops.push(await stopAndStart(target));
  }
  await wait(CALM_MS);
  enough.abort();
  await answering;
  const counted = await compare(people, targets[0]);
  const missing = await missingPictures(targets[0]);
  for (const { app } of targets) stops.push(await app.stop());
  return { outcomes, stops, ...counted, missing };
}

async function stopAndStart({ app }: Target): Promise<Stop> {
  const stop = await app.stop();
  say(`stop: ${seconds(stop.ms)}${stop.clean ? "" : ", NOT in good order"}`);
  await app.start();
  return stop;
}

async function compare(people: readonly Person[], target: Target): Promise<Pick<Result, "thanked" | "lost" | "twice">> {
  let thanked = 0;
  let lost = 0;
  let twice = await storedTwice(target);
  for (const person of people) {
    const stored = await person.stored();
    thanked += person.thanked.size;
    lost += [...person.thanked].filter(([ranking, choice]) => stored.get(ranking) !== choice).length;
    twice += [...stored.keys()].filter((ranking) => !person.thanked.has(ranking)).length;
  }
  return { thanked, lost, twice };
}

async function onOwnDatabase(base: string, kills: number, people: number): Promise<Result> {
  const folder = join(base, "own");
  const databaseUrl = async () => (await runningEmbedded(folder)) ?? "postgres://127.0.0.1:1/none";
  const faults = Array.from({ length: kills }, (_, i) => OWN[i % OWN.length] ?? "server");
  return endure([{ app: await appOn(folder), dataFolder: folder, databaseFolder: folder, databaseUrl }], faults, people);
}

/** Runs the app on a second PostgreSQL, which this script starts and which is an external one for the app. */
async function onExternalDatabase(base: string, kills: number, people: number): Promise<Result> {
  const databaseFolder = join(base, "external");
  const database = await openEmbedded(databaseFolder);
  try {
    const dataFolder = join(base, "app");
    const app = await appOn(dataFolder, { PICKAPIC_DATABASE_URL: database.url });
    const faults = new Array<Fault>(kills).fill("external restart");
    return await endure([{ app, dataFolder, databaseFolder, databaseUrl: async () => database.url }], faults, people);
  } finally {
    await database.stop();
  }
}

/** Runs two apps as on two machines: each has a data folder of its own, and they share nothing but a database and a bucket. */
async function onTwoMachines(base: string, kills: number, people: number): Promise<Result> {
  const databaseFolder = join(base, "shared");
  const database = await openEmbedded(databaseFolder);
  const bucket = await startBucket(join(base, "bucket"));
  try {
    const settings = {
      PICKAPIC_DATABASE_URL: database.url,
      PICKAPIC_FILES_URL: bucket.url,
      PICKAPIC_SECRET: randomBytes(32).toString("base64"),
    };
    const machine = async (name: string): Promise<Target> => {
      const dataFolder = join(base, name);
      const app = await appOn(dataFolder, settings);
      return { app, dataFolder, filesUrl: bucket.url, databaseFolder, databaseUrl: async () => database.url };
    };
    const faults = Array.from({ length: kills }, (_, i): Fault => (i % 3 === 2 ? "backend" : "server"));
    return await endure([await machine("one"), await machine("two")], faults, people);
  } finally {
    await bucket.stop();
    await database.stop();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function table(outcomes: readonly Outcome[]): string {
  const faults = [...new Set(outcomes.map(({ fault }) => fault))];
  const rows = faults.map((fault) => {
    const stalls = outcomes.filter((outcome) => outcome.fault === fault).map(({ stallMs }) => stallMs);
    const starts = outcomes.flatMap(({ fault: other, restartMs }) => (other === fault && restartMs !== null ? [restartMs] : []));
    const start = starts.length === 0 ? ["", ""] : [seconds(median(starts)), seconds(Math.max(...starts))];
    return [fault, String(stalls.length), seconds(median(stalls)), seconds(Math.max(...stalls)), ...start];
  });
  const lines = [["fault", "times", "images again", "longest", "start", "longest"], ...rows];
  return lines.map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(14))).join("")).join("\n");
}

const options = benchOptions({
  kills: { type: "string", default: "40" },
  people: { type: "string", default: "8" },
  only: { type: "string", multiple: true },
  json: { type: "boolean", default: false },
});
const kills = wholeNumber("kills", options.kills);
const people = wholeNumber("people", options.people);
const external = Math.max(1, Math.round(kills / 5));
const base = await mkdtemp(join(tmpdir(), "pickapic-kills-"));
const stages: Record<string, () => Promise<Result>> = {
  own: () => onOwnDatabase(base, kills - external, people),
  external: () => onExternalDatabase(base, external, people),
  machines: () => onTwoMachines(base, external, people),
};
const chosen = chosenOf("only", options.only, Object.keys(stages));
const results: Result[] = [];
for (const [name, stage] of Object.entries(stages)) if (chosen.includes(name)) results.push(await stage());
await rm(base, { recursive: true, force: true });

const sum = (count: (result: Result) => number) => results.reduce((all, result) => all + count(result), 0);
const outcomes = results.flatMap((result) => result.outcomes);
const stops = results.flatMap((result) => result.stops);
const starts = outcomes.flatMap(({ restartMs }) => (restartMs === null ? [] : [restartMs]));
const figures = {
  kills: outcomes.length,
  thanked: sum(({ thanked }) => thanked),
  lost: sum(({ lost }) => lost),
  twice: sum(({ twice }) => twice),
  missing: sum(({ missing }) => missing),
  stalls: outcomes.filter(({ stallMs }) => stallMs > STALL_MS).length,
  stops: stops.length,
  hungStops: stops.filter(({ ms, clean }) => ms > STOP_WITHIN_MS || !clean).length,
  starts: starts.length,
  slowStarts: starts.filter((ms) => ms > START_MS).length,
  medianStartMs: Math.round(median(starts)),
  longestStartMs: Math.round(Math.max(...starts)),
  load: loadavg().map((load) => Math.round(load)),
  minutes: Math.round(performance.now() / 6_000) / 10,
  longestStopMs: Math.round(Math.max(...stops.map(({ ms }) => ms))),
  machine: `${cpus()[0]?.model}, ${cpus().length} cores`,
};
if (options.json) process.stdout.write(`${JSON.stringify({ ...figures, outcomes })}\n`);
else {
  process.stdout.write(`${table(outcomes)}\n\n`);
  process.stdout.write(`${figures.kills} faults while ${people} people answered, on ${figures.machine}\n`);
  process.stdout.write(
    `answers thanked ${figures.thanked}; lost ${figures.lost} (asked 0); twice ${figures.twice} (asked 0); pictures missing ${figures.missing} (asked 0)\n`,
  );
  process.stdout.write(
    `stalls over 10 s ${figures.stalls} (asked 0); hung stops ${figures.hungStops} of ${figures.stops} (asked 0), longest ${seconds(figures.longestStopMs)}\n`,
  );
  process.stdout.write(
    `starts after kill -9 over 4 s ${figures.slowStarts} of ${figures.starts}, median ${seconds(figures.medianStartMs)}, longest ${seconds(figures.longestStartMs)}; ${figures.minutes} minutes, load ${figures.load.join(", ")}\n`,
  );
}
process.exitCode = figures.lost + figures.twice + figures.missing + figures.stalls + figures.hungStops === 0 ? 0 : 1;
