/** @file The job of one image: generate, encode, store, show. A failure is tried again a few times, then the round says so. */
import { findOffer } from "@pickapic/generation";
import type { FastifyBaseLogger } from "fastify";
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import { reasonOf, ServerError } from "../errors.ts";
import { encodeImage } from "../images/encode.ts";
import { hashOf, type ImageFiles } from "../images/files.ts";
import { announceFile, claimFile } from "../images/loose.ts";
import { type PromptedImage, requestOf } from "../images/request.ts";
import { showNextPair } from "../rounds/advance.ts";
import { notifyRound } from "../rounds/changes.ts";
import { isStuck } from "../rounds/plan.ts";
import { boardOf, lastAnswer, lockRound, type RoundRow, setProblem, unshownImages } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";
import { queueImage } from "./queue.ts";

export interface GenerateEffects {
  db: Database;
  files: ImageFiles;
  settings: ResolvedSettings;
  log: FastifyBaseLogger;
}

/** Progress is written at most this often, ms. */
const PROGRESS_EVERY = 300;

export interface GenerateJob {
  image: string;
  /** The job was taken before, and its worker died or lost the database. */
  again: boolean;
  /** Fires when the worker has to stop. */
  signal: AbortSignal;
}

/** Never throws for a backend's failure: the image's row counts its tries. */
export async function generateImage({ image, again, signal }: GenerateJob, effects: GenerateEffects): Promise<void> {
  const claimed = await claim(effects.db, image, again);
  if (!claimed) return;
  const started = performance.now();
  try {
    const stored = await makeImage(claimed, effects, signal);
    await finish(claimed, stored, Math.round(performance.now() - started), effects);
  } catch (error) {
    if (signal.aborted) await giveBack(claimed, effects.db);
    else await failOnce(claimed, error, effects);
  }
}

/** Only one worker gets an image; nobody gets one that is ready or gone. */
async function claim(db: Database, image: string, again: boolean): Promise<PromptedImage | undefined> {
  const states = again ? ["queued", "generating"] : ["queued"];
  const { rows } = await sql<PromptedImage>`
    update images i set state = 'generating', attempts = i.attempts + 1, fraction = 0
    from rounds r where i.id = ${image} and i.state = any(${states}) and r.id = i.round_id
    returning i.*, r.prompt, r.negative_prompt`.execute(db);
  return rows[0];
}

interface Stored {
  bytes: Uint8Array;
  hash: string;
  width: number;
  height: number;
  warnings: readonly string[];
}

async function makeImage(claimed: PromptedImage, effects: GenerateEffects, signal: AbortSignal): Promise<Stored> {
  const { backends, generationTimeoutMs } = effects.settings;
  const { backend } = findOffer(backends, claimed.model);
  const timeout = AbortSignal.timeout(generationTimeoutMs);
  const both = AbortSignal.any([signal, timeout]);
  const generated = await orAborted(
    both,
    backend.generate(requestOf(claimed), { signal: both, onProgress: progressWriter(claimed, effects) }),
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

/** The file is on disk before the row says so. */
async function finish(
  claimed: PromptedImage,
  stored: Stored,
  generationMs: number,
  { db, files, settings }: GenerateEffects,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const round = await lockRound(tx, claimed.round_id);
    if (!round || !(await markReady(tx, claimed.id, stored, generationMs))) return;
    if (!(await claimFile(tx, stored.hash))) await files.put(stored.bytes);
    // Whoever looks at a pair already learns nothing new.
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
    .set({ warnings: JSON.stringify(warnings), ready_at: new Date() })
    .where("id", "=", image)
    .where("state", "=", "generating")
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The worker stops: the try does not count, and somebody else (or the next start) takes the image at once. */
async function giveBack({ id, attempts }: PromptedImage, db: Database): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable("images")
      .set({ state: "queued", attempts: attempts - 1 })
      .where("id", "=", id)
      .where("state", "=", "generating")
      .execute();
    await queueImage(tx, id, 0);
  });
}

async function failOnce(claimed: PromptedImage, error: unknown, { db, settings, log }: GenerateEffects): Promise<void> {
  const { id, round_id, attempts, model } = claimed;
  const again = attempts < settings.attempts;
  log.warn(
    { image: id, model, attempts, error: reasonOf(error) },
    again ? "generation failed, will be tried again" : "generation failed",
  );
  await db.transaction().execute(async (tx) => {
    const round = await lockRound(tx, round_id);
    const set = { state: again ? "queued" : "failed", error: reasonOf(error).slice(0, 1000) } as const;
    await tx.updateTable("images").set(set).where("id", "=", id).where("state", "=", "generating").execute();
    if (again) await queueImage(tx, id, settings.retryDelayMs * 2 ** (attempts - 1));
    else if (round) await sayWhenStuck(tx, round, settings.attempts);
  });
}

/** No comparison is open and nothing is coming that could make one: the person is told, and can try again. */
export async function sayWhenStuck(tx: Tx, round: RoundRow, tries: number): Promise<void> {
  // A round that was stopped, or that says already why it stands still, keeps its reason.
  if (round.problem_code !== null) return;
  if (!isStuck(boardOf(round, await lastAnswer(tx, round.id), await unshownImages(tx, round.id)))) return;
  await setProblem(tx, round, new ServerError("PICKAPIC_GENERATION_FAILED", tries));
  await notifyRound(tx, round.id);
}
