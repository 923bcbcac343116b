/** @file Generates one image: make the picture, encode it, store it, show it. A failing backend is tried again a few times, then the round says so. */
import { findOffer } from "@pickapic/generation";
import type { FastifyBaseLogger } from "fastify";
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import { reasonOf, ServerError } from "../errors.ts";
import { encodeImage } from "../images/encode.ts";
import { hashOf, type ImageFiles } from "../images/files.ts";
import { announceFile, claimFile } from "../images/loose.ts";
import { type PromptedImage, requestOf } from "../images/request.ts";
import { passingFailure } from "../passing.ts";
import { showNextPair } from "../rounds/advance.ts";
import { notifyRound } from "../rounds/changes.ts";
import { isStuck } from "../rounds/plan.ts";
import { boardOf, lastAnswer, lockRound, type RoundRow, setProblem, unshownImages } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";
import { putBack } from "./leases.ts";
import { IMAGE_CHANNEL } from "./queue.ts";

export interface GenerateEffects {
  db: Database;
  files: ImageFiles;
  settings: ResolvedSettings;
  log: FastifyBaseLogger;
  /** The worker that took the image. */
  worker: string;
}

/** Progress is written at most this often, ms. */
const PROGRESS_EVERY = 300;

/** An image that could not be stored, because the disk is full for example, is tried again after so long, ms. */
const PUT_BACK_MS = 2_000;

/**
 * Generates an image that this worker has taken. A failure of the backend counts as a try of the image; a failure of the database or of the file store
 * puts the image back, and so does a stop of the worker.
 * @param signal fires when the worker has to stop
 * @throws what the database throws when not even that can be written: the image's lease ends then
 */
export async function generateImage(taken: PromptedImage, effects: GenerateEffects, signal: AbortSignal): Promise<void> {
  const { db, worker, log } = effects;
  const started = performance.now();
  try {
    const stored = await makeImage(taken, effects, signal);
    await finish(taken, stored, Math.round(performance.now() - started), effects);
  } catch (error) {
    const passing = passingFailure(error);
    if (passing) log.warn({ image: taken.id, error: reasonOf(error) }, `image not stored, will be tried again: ${passing.code}`);
    if (signal.aborted) await putBack(db, taken.id, worker, 0);
    else if (passing) await putBack(db, taken.id, worker, PUT_BACK_MS);
    else await failOnce(taken, error, effects);
  }
}

interface Stored {
  bytes: Uint8Array;
  hash: string;
  width: number;
  height: number;
  warnings: readonly string[];
}

async function makeImage(taken: PromptedImage, effects: GenerateEffects, signal: AbortSignal): Promise<Stored> {
  const { backends, generationTimeoutMs } = effects.settings;
  const { backend } = findOffer(backends, taken.model);
  const timeout = AbortSignal.timeout(generationTimeoutMs);
  const both = AbortSignal.any([signal, timeout]);
  const generated = await orAborted(
    both,
    backend.generate(requestOf(taken), { signal: both, onProgress: progressWriter(taken, effects) }),
  );
  const { bytes, width, height } = await encodeImage(generated.bytes);
  await announceFile(effects.db, hashOf(bytes));
  return { bytes, hash: await effects.files.put(bytes), width, height, warnings: generated.warnings };
}

/** A backend that ignores its signal must not hold the slot. */
function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((done, failed) => {
    const abort = () => failed(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(done, failed).finally(() => signal.removeEventListener("abort", abort));
  });
}

function progressWriter({ id, round_id }: PromptedImage, { db, log }: GenerateEffects): (fraction: number) => void {
  let last = performance.now();
  return (fraction) => {
    if (performance.now() - last < PROGRESS_EVERY) return;
    last = performance.now();
    writeProgress(db, id, round_id, Math.min(1, Math.max(0, fraction))).catch((error: unknown) =>
      log.warn({ error: reasonOf(error) }, "progress was not written"),
    );
  };
}

async function writeProgress(db: Database, image: string, round: string, fraction: number): Promise<void> {
  await db.updateTable("images").set({ fraction }).where("id", "=", image).where("state", "=", "generating").execute();
  await notifyRound(db, round);
}

/** Stores the image in its row, after its file. It counts although another worker may have taken the image meanwhile. */
async function finish(
  taken: PromptedImage,
  stored: Stored,
  generationMs: number,
  { db, files, settings }: GenerateEffects,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const round = await lockRound(tx, taken.round_id);
    if (!round || !(await markReady(tx, taken.id, stored, generationMs))) return;
    if (!(await claimFile(tx, stored.hash))) await files.put(stored.bytes);
    // A person who looks at a pair already learns nothing new.
    if (round.comparison_id !== null) return;
    await showNextPair(tx, round, settings);
    await notifyRound(tx, round.id);
  });
}

async function markReady(tx: Tx, image: string, stored: Stored, generationMs: number): Promise<boolean> {
  const { hash, width, height, warnings } = stored;
  const { numUpdatedRows } = await tx
    .updateTable("images")
    .set({ state: "ready", fraction: 1, error: null, content_hash: hash, width, height, generation_ms: generationMs })
    .set({ warnings: JSON.stringify(warnings), ready_at: sql`now()`, lease_until: null })
    .where("id", "=", image)
    .where("state", "in", ["queued", "generating"])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function failOnce(taken: PromptedImage, error: unknown, { db, settings, log, worker }: GenerateEffects): Promise<void> {
  const { id, round_id, model } = taken;
  const attempts = taken.attempts + 1;
  const again = attempts < settings.attempts;
  log.warn(
    { image: id, model, attempts, error: reasonOf(error) },
    again ? "generation failed, will be tried again" : "generation failed",
  );
  await db.transaction().execute(async (tx) => {
    const round = await lockRound(tx, round_id);
    const delayMs = settings.retryDelayMs * 2 ** (attempts - 1);
    await sql`
      with failed as (
        update images set state = ${again ? "queued" : "failed"}, error = ${reasonOf(error).slice(0, 1000)}, attempts = ${attempts},
          due_at = now() + ${delayMs} * interval '1 ms', lease_until = null
        where id = ${id} and state = 'generating' and worker_id = ${worker} returning state)
      select pg_notify(${IMAGE_CHANNEL}, '') from failed where state = 'queued'`.execute(tx);
    if (!again && round) await sayWhenStuck(tx, round, settings.attempts);
  });
}

/** Tells the person when no comparison is open and no image is coming that could make one; the person can try again then. */
export async function sayWhenStuck(tx: Tx, round: RoundRow, tries: number): Promise<void> {
  // A round that was stopped, or that says already why it stands still, keeps its reason.
  if (round.problem_code !== null) return;
  if (!isStuck(boardOf(round, await lastAnswer(tx, round.id), await unshownImages(tx, round.id)))) return;
  await setProblem(tx, round, new ServerError("PICKAPIC_GENERATION_FAILED", tries));
  await notifyRound(tx, round.id);
}
