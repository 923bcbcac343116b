/**
 * @file A worker generates the images of the queue. One loop takes images, renews leases and puts back the images of lost workers. Each wait in the loop has a
 * timeout, and a watchdog restarts the loop if it hangs all the same.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type Connection, connect, type Database, timeoutsOf } from "../database/database.ts";
import { keepConnected, type Session } from "../database/session.ts";
import { reasonOf } from "../errors.ts";
import type { DiskRoom } from "../operations/room.ts";
import { lockRound } from "../rounds/queries.ts";
import { within } from "../within.ts";
import { type GenerateEffects, generateImage, sayWhenStuck } from "./generate.ts";
import { modelsThatWait } from "./hands.ts";
import { beat, signOff, takeImage, type WorkerName } from "./leases.ts";
import { startNightly } from "./nightly.ts";
import { IMAGE_CHANNEL } from "./queue.ts";
import { Troubles } from "./troubles.ts";

/** Time between two renewals of the leases, ms. */
const BEAT_EVERY_MS = 1_000;
/** Time between two looks at the queue, ms. A new order wakes the worker at once; images that are due later are found by looking. */
const LOOK_EVERY_MS = 500;
/** Pause after an error of the database, ms. */
const AFTER_ERROR_MS = 500;
/** The loop counts as hanging when the watchdog has seen it make no turn this many times in a row. By default 20 s, longer than every timeout in the loop. */
const STILL_AFTER_LOOKS = 20;
/** Bounds the images that a worker holds, generated or waiting to be stored, as a multiple of those that it generates at once. */
const UNSTORED_AT_MOST = 3;
/** Largest number of connections to the database: images wait for one another there, however many a backend makes at once. */
const MOST_CONNECTIONS = 40;
/** After a stop, how long the images in progress may take to finish, ms. */
const FINISH_MS = 2_500;
/** How long it may then take to put back the others, ms. */
const PUT_BACK_MS = 1_000;

/** A running worker. */
export interface Worker {
  /** True unless the loop hangs. */
  isAlive(): boolean;
  /** Finishes the images that are being generated; those that take more than 2.5 s are put back. Takes 5 s at most. */
  stop(): Promise<void>;
}

/** What a worker needs from outside. */
export interface WorkerEffects extends Omit<GenerateEffects, "db" | "worker" | "troubles"> {
  /** Tells how much space is left on the disk. Without enough of it no image is taken. */
  room: DiskRoom;
  /** Time between two looks of the watchdog, ms. Default 1,000. */
  watchEveryMs?: number;
}

/**
 * Starts a worker, and the nightly cleaning with it. Both run until stop(). After an error of the database they log it and try again.
 * @param url of the database
 * @throws what the first connection to the database throws
 */
export async function startWorker(url: string, effects: WorkerEffects): Promise<Worker> {
  const { settings, log } = effects;
  const onError = (error: unknown) => void log.warn({ error: reasonOf(error) }, "worker: database");
  const open = () =>
    connect(
      url,
      {
        size: Math.min(UNSTORED_AT_MOST * settings.concurrency + 3, MOST_CONNECTIONS),
        name: "pickapic worker",
        closeTimeoutMs: 300,
        byKey: true,
        ...timeoutsOf(settings),
      },
      onError,
    );
  let loop: Loop | undefined;
  const session = await keepConnected(url, { setUp: (client) => listen(client, () => loop?.wake()), onError });
  loop = startLoop(open(), effects, onError);
  const nightly = startNightly(url, effects, onError);
  let looks = 0;
  const watchdog = setInterval(() => {
    looks = loop?.hasTurned() ? 0 : looks + 1;
    if (looks < STILL_AFTER_LOOKS) return;
    log.error("the worker stood still and is started anew");
    looks = 0;
    void loop?.stop();
    loop = startLoop(open(), effects, onError);
  }, effects.watchEveryMs ?? 1_000);
  return {
    isAlive: () => looks < STILL_AFTER_LOOKS / 2,
    async stop() {
      clearInterval(watchdog);
      await Promise.all([loop?.stop(), nightly.stop()]);
      await session.close();
    },
  };
}

async function listen(client: ReturnType<Session["client"]>, wake: () => void): Promise<void> {
  client.on("notification", wake);
  await client.query(`listen ${IMAGE_CHANNEL}`);
  wake();
}

interface Loop {
  /** Makes the loop look at the queue at once. */
  wake(): void;
  /** True if the loop has made a turn or taken an image since the last call. */
  hasTurned(): boolean;
  stop(): Promise<void>;
}

function startLoop(connection: Connection, effects: WorkerEffects, onError: (error: unknown) => void): Loop {
  const { db } = connection;
  const name: WorkerName = { id: `worker-${randomBytes(6).toString("hex")}`, concurrency: effects.settings.concurrency };
  /** Images that are being generated or stored, by id. */
  const running = new Map<string, Promise<void>>();
  /** The models of images that a backend is still generating, by the ids of the images. */
  const generating = new Map<string, string>();
  /** Those of the best-of-n page among them. */
  const aside = new Set<string>();
  const mostAside = Math.max(1, Math.floor(name.concurrency / 2));
  const troubles = new Troubles(db);
  const stopping = new AbortController();
  const aborting = new AbortController();
  let turned = true;
  let wake = () => {};
  let nextBeat = 0;

  /** Tells that the worker is alive when that is due, and takes images while there is room. @returns whether there may be more to take at once */
  async function turn(): Promise<boolean> {
    if (performance.now() >= nextBeat) {
      nextBeat = performance.now() + BEAT_EVERY_MS;
      await settle(db, await beat(db, name, [...running.keys()]), effects.settings.attempts);
    }
    const hasRoom = () => generating.size < name.concurrency && running.size < UNSTORED_AT_MOST * name.concurrency;
    while (hasRoom() && !stopping.signal.aborted && (await effects.room.isEnough())) {
      // A backend that is as fast as this loop leaves room for ever, so that neither the beat nor the watchdog may wait for the end of the loop.
      if (performance.now() >= nextBeat) return true;
      turned = true;
      const without = modelsThatWait(effects.settings.backends, generating.values(), name.concurrency);
      const image = await takeImage(db, name.id, { aside: aside.size < mostAside, without });
      if (!image) return false;
      const onDelivered = () => {
        generating.delete(image.id);
        aside.delete(image.id);
        wake();
      };
      generating.set(image.id, image.model);
      if (image.best_of !== null) aside.add(image.id);
      const done = generateImage(image, { ...effects, db, troubles, worker: name.id, onDelivered }, aborting.signal)
        .catch(onError)
        .finally(() => {
          running.delete(image.id);
          onDelivered();
        });
      running.set(image.id, done);
    }
    return false;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      turned = true;
      const woken = new Promise<void>((done) => {
        wake = done;
      });
      try {
        const hasMore = await turn();
        if (!hasMore) await Promise.race([woken, wait(LOOK_EVERY_MS, undefined, { ref: false })]);
      } catch (error) {
        onError(error);
        await wait(AFTER_ERROR_MS);
      }
    }
  }

  const ended = run();
  return {
    wake: () => wake(),
    hasTurned() {
      const turnedSince = turned;
      turned = false;
      return turnedSince;
    },
    async stop() {
      stopping.abort();
      wake();
      const images = () => Promise.all(running.values());
      await within(images(), FINISH_MS, () => aborting.abort(new Error("the worker stops")));
      await within(Promise.all([images(), ended]), PUT_BACK_MS, () => connection.cutOff("the worker stops"));
      await within(signOff(db, name.id), 300, () => connection.cutOff("the worker stops"));
      await connection.close();
    },
  };
}

/** Sets the problem of rounds that have no image to wait for any more, because their images were given up. */
async function settle(db: Database, rounds: readonly string[], tries: number): Promise<void> {
  for (const id of new Set(rounds)) {
    await db.transaction().execute(async (tx) => {
      const round = await lockRound(tx, id);
      if (round) await sayWhenStuck(tx, round.id, tries, "");
    });
  }
}
