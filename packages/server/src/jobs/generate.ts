/** @file Generates one image: has a backend make it, encodes it, stores it and shows it. A failure of the backend is retried a few times; then another model takes its place, or the round reports it. */
import { codeOf } from "@pickapic/errors";
import { retryAfterOf, type UsedSettings } from "@pickapic/generation";
import type { FastifyBaseLogger } from "fastify";
import { type RawBuilder, sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import { isInState } from "../database/state.ts";
import { runTogether, type TableExpression } from "../database/tableExpressions.ts";
import { reasonOf, ServerError } from "../errors.ts";
import { hashOf, type ImageFiles } from "../files/imageFiles.ts";
import { announcement } from "../files/loose.ts";
import type { PromptedImage } from "../images/request.ts";
import { passingFailure } from "../passing.ts";
import { type Advance, advanceExpressions, advanceLocked, planPair, unlessMoved } from "../rounds/advance.ts";
import { notifyExpression, notifyRound } from "../rounds/changes.ts";
import { canDrawOther } from "../rounds/draws.ts";
import { isStuck } from "../rounds/plan.ts";
import { boardOf, lockRound, type RoundRow, type RoundState, readState, setProblem } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";
import { putBack } from "./leases.ts";
import { makePicture } from "./make.ts";
import type { MadePicture, Picked } from "./one.ts";
import { IMAGE_CHANNEL } from "./queue.ts";
import type { Scorers } from "./scorers.ts";
import type { Troubles } from "./troubles.ts";
import { isSlow, isWorthTrying, whyFailed } from "./whyFailed.ts";

/** What the generation of an image needs from outside. */
export interface GenerateEffects {
  db: Database;
  files: ImageFiles;
  settings: ResolvedSettings;
  log: FastifyBaseLogger;
  /** Id of the worker that took the image. */
  worker: string;
  troubles: Troubles;
  /** The scorers of ranked entries. */
  scorers: Scorers;
  /** Called when the backend has delivered the image. The backend is then free for the next image while this one is encoded and stored. */
  onDelivered?(): void;
}

/** Shortest time between two writes of an image's progress, ms. */
const PROGRESS_EVERY = 300;

/** The longest time after which an image is tried again although its backend asked to wait longer, ms. A person may be waiting. */
const LONGEST_WAIT_MS = 60_000;

/** Delay before an image that could not be stored, for example because the disk was full, is taken again, ms. */
const PUT_BACK_MS = 2_000;

/**
 * Generates an image that this worker has taken. A failure of the backend counts as an attempt. A failure of the database or of the file store does not: the
 * image goes back to the queue, as it does when the worker stops.
 * @param signal aborted when the worker has to stop
 * @throws the database's error if the outcome cannot be written either; the lease of the image then ends, and another worker takes it
 */
export async function generateImage(taken: PromptedImage, effects: GenerateEffects, signal: AbortSignal): Promise<void> {
  const { db, worker, log } = effects;
  const started = performance.now();
  try {
    await finish(taken, await makeImage(taken, effects, signal), started, effects);
    await effects.troubles.clear(taken.model);
  } catch (error) {
    const passing = passingFailure(error);
    if (passing) log.warn({ image: taken.id, error: reasonOf(error) }, `image not stored, will be tried again: ${passing.code}`);
    if (signal.aborted) await putBack(db, taken.id, worker, 0);
    else if (passing) await putBack(db, taken.id, worker, PUT_BACK_MS);
    else await failOnce(taken, error, effects);
  }
}

/** A picture with the hash of its file, under which it is stored. */
interface Stored extends MadePicture {
  hash: string;
}

async function makeImage(taken: PromptedImage, effects: GenerateEffects, signal: AbortSignal): Promise<Stored> {
  const { db, settings, scorers, onDelivered } = effects;
  const making = { db, settings, scorers, onProgress: progressWriter(taken, effects), ...(onDelivered && { onDelivered }) };
  const made = await makePicture(taken, making, signal);
  return { ...made, hash: hashOf(made.bytes) };
}

/**
 * Stores the file of an image, and returns the state of its round. The file is announced in the database first, so that a crash in between leaves no file that is
 * never deleted. The statement that announces it reads the round as well, because two statements take longer.
 */
async function storeFile(
  roundId: string,
  { bytes, hash }: Stored,
  db: Database,
  files: ImageFiles,
): Promise<RoundState | undefined> {
  const state = await readState(db, roundId, announcement(hash));
  await files.put(bytes, hash);
  return state;
}

function progressWriter({ id, round_id }: PromptedImage, { db, log }: GenerateEffects): (fraction: number) => void {
  let last = performance.now();
  return (fraction) => {
    // At 1 the image is about to be ready, and that is announced by itself.
    if (fraction >= 1 || performance.now() - last < PROGRESS_EVERY) return;
    last = performance.now();
    writeProgress(db, id, round_id, Math.max(0, fraction)).catch((error: unknown) =>
      log.warn({ error: reasonOf(error) }, "progress was not written"),
    );
  };
}

async function writeProgress(db: Database, image: string, round: string, fraction: number): Promise<void> {
  await db.updateTable("images").set({ fraction }).where("id", "=", image).where("state", "=", "generating").execute();
  await notifyRound(db, round, "progress");
}

/** Stores an image: its file, then its row. The first result counts, even if another worker has taken the image meanwhile. */
async function finish(taken: PromptedImage, stored: Stored, started: number, effects: GenerateEffects): Promise<void> {
  const { db, files } = effects;
  let before = await storeFile(taken.round_id, stored, db, files);
  const made = { ...stored, generationMs: Math.round(performance.now() - started) };
  await unlessMoved(async () => {
    const done = before ? await tryToFinish(taken, before, made, effects) : "done";
    if (done === "moved") before = await readState(db, taken.round_id);
    else if (done === "deleted") before = await storeFile(taken.round_id, stored, db, files);
    return done === "done" ? done : null;
  });
}

/**
 * Makes the image ready and, if it was the last one missing, shows the next pair, both in one statement.
 * @param before the state of its round, for which the change is planned
 * @returns "moved" if the round has changed since then; "deleted" if the cleaning may have deleted the file before the row named it. Nothing is written in both
 *   cases
 */
async function tryToFinish(
  taken: PromptedImage,
  before: RoundState,
  made: Made,
  { db, settings }: GenerateEffects,
): Promise<"done" | "moved" | "deleted"> {
  const { width, height } = made;
  const images = before.images.map((image) =>
    image.id === taken.id ? { ...image, state: "ready" as const, width, height } : image,
  );
  const advance = planPair({ ...before, images }, settings.random);
  const expressions = [
    ...readyExpressions(before.round, taken.id, made),
    ...advanceExpressions(advance, { gate: MADE, handedOut: false }),
    ...newsOf(before, advance),
  ];
  const [done] = await runTogether(db, expressions, FINISHED);
  if (!done?.current) return "moved";
  return done.announced ? "done" : "deleted";
}

/**
 * How the person is told of an image that is ready. While a pair is shown, its person needs no notification. An image without which the next pair still cannot
 * be shown is progress; on the best-of-n page every image is shown at once.
 */
function newsOf({ round, shown }: RoundState, { pair }: Advance): TableExpression[] {
  if (shown !== null) return [];
  return [notifyExpression(round.id, pair !== null || round.best_of !== null ? "state" : "progress")];
}

const MADE = sql`exists (select from made)`;

interface Made extends Stored {
  generationMs: number;
}

/** The table expressions of a statement that make an image ready. `made` has a row if they did: if the round has its version still and the file is announced. */
function readyExpressions({ id, version }: RoundRow, image: string, made: Made): TableExpression[] {
  const { hash, width, height, warnings, generationMs, used = {}, price = null, picked, score } = made;
  const locked = sql`select id from rounds where id = ${id} and version = ${version} for update`;
  const announced = sql`select l.content_hash from locked, loose_files l where l.content_hash = ${hash} for update of l`;
  const ready = sql`
    update images set state = 'ready', fraction = 1, error = null, content_hash = announced.content_hash, width = ${width}, height = ${height},
      generation_ms = ${generationMs}, warnings = ${JSON.stringify(warnings)}::jsonb, ready_at = now(), lease_until = null,
      price = ${price}::float8, ${usedSettings(used)}${picked ? pickedColumns(picked) : sql``}${score === undefined ? sql`` : sql`, score = ${score}::float8`}
    from announced where images.id = ${image} and ${isInState("images", "queued", "generating")} returning images.id`;
  const named = sql`delete from loose_files l using announced where l.content_hash = announced.content_hash and exists (select from made)`;
  return [
    { name: "locked", sql: locked },
    { name: "announced", sql: announced },
    { name: "made", sql: ready },
    { name: "named", sql: named },
  ];
}

/** Sets what the backend says that it used; what it does not tell stays as it was asked. */
function usedSettings({ seed, guidanceScale, steps, scheduler }: UsedSettings): RawBuilder<unknown> {
  return sql`
    seed = coalesce(${seed ?? null}::bigint, images.seed), guidance_scale = coalesce(${guidanceScale ?? null}::float8, images.guidance_scale),
    steps = coalesce(${steps ?? null}::int, images.steps), scheduler = coalesce(${scheduler ?? null}::text, images.scheduler)`;
}

/** Sets how the image of a ranked entry was picked, and the words that it was made from. */
function pickedColumns({ pick, askedPrompt, askedNegativePrompt }: Picked): RawBuilder<unknown> {
  return sql`, ranked = ${JSON.stringify(pick)}::jsonb, asked_prompt = ${askedPrompt}, asked_negative_prompt = ${askedNegativePrompt}`;
}

const FINISHED = sql<{ current: boolean; announced: boolean }>`
  select exists (select from locked) as current, exists (select from announced) as announced`;

async function failOnce(taken: PromptedImage, error: unknown, effects: GenerateEffects): Promise<void> {
  const { db, settings, log, worker, troubles } = effects;
  const { id, round_id, model } = taken;
  const attempts = taken.attempts + 1;
  const isSpent = codeOf(error) === "PICKAPIC_MODEL_SPENT";
  // A scorer that fails on the best-of-n page is no trouble of the model, which would rest and miss in pairs.
  const isOfBackend = taken.best_of === null || codeOf(error)?.startsWith("PICKAPIC_BACKEND_");
  // Nor is a prompt that the backend does not draw: one person could otherwise make a model rest for everybody.
  const isOfModel = isOfBackend && codeOf(error) !== "PICKAPIC_BACKEND_PROMPT";
  if (!isSpent && isOfModel) await troubles.note(model, error);
  await db.transaction().execute(async (tx) => {
    const round = await lockRound(tx, round_id);
    const failed = await failedInRound(tx, round_id, model);
    // The best-of-n page and a limit that is used up have ways of their own.
    const hasOther = round && round.best_of === null && !isSpent ? await canDrawOther(tx, round, settings, failed) : false;
    const again = attempts < settings.attempts && isWorthTrying(error) && !(hasOther && isSlow(error));
    const next = again ? ", will be tried again" : hasOther ? ", another model takes its place" : "";
    log.warn({ image: id, model, attempts, error: reasonOf(error) }, `generation failed${next}`);
    const delayMs = Math.max(settings.retryDelayMs * 2 ** (attempts - 1), Math.min(retryAfterOf(error) ?? 0, LONGEST_WAIT_MS));
    await sql`
      with failed as (
        update images set state = ${again ? "queued" : "failed"}, error = ${reasonOf(error).slice(0, 1000)}, attempts = ${attempts},
          due_at = now() + ${delayMs} * interval '1 ms', lease_until = null
        where id = ${id} and state = 'generating' and worker_id = ${worker} returning state)
      select pg_notify(${IMAGE_CHANNEL}, '') from failed where state = 'queued'`.execute(tx);
    if (again || !round) return;
    // Another model may take the place of one that failed, or whose limit is used up.
    if (isSpent || hasOther) await orderAgain(tx, round.id, settings, failed);
    else await sayWhenStuck(tx, round.id, attempts, whyFailed(error));
  });
}

/** The models of which an image of a round failed: `model`, whose image has just failed, and those before it. */
async function failedInRound(tx: Tx, roundId: string, model: string): Promise<string[]> {
  const rows = await tx
    .selectFrom("images")
    .select("model")
    .distinct()
    .where("round_id", "=", roundId)
    .where("state", "=", "failed")
    .execute();
  return [...new Set([model, ...rows.map((row) => row.model)])];
}

/**
 * Orders the images that a round misses now, of the models that can still be drawn, or sets its problem. The caller holds the lock of the round.
 * @param failed models that are drawn only when no other can be
 */
async function orderAgain(tx: Tx, roundId: string, settings: ResolvedSettings, failed: readonly string[]): Promise<void> {
  const state = await readState(tx, roundId);
  if (!state || state.round.problem_code !== null) return;
  await advanceLocked(tx, state, settings, { handedOut: false, failed });
  await notifyRound(tx, roundId);
}

/**
 * Sets the problem of a round if no comparison is open and too few images are coming for one, so that the person can try again. The caller holds the lock
 * of the round.
 * @param tries number of attempts for the image, for the message
 * @param why a clause of whyFailed, for the message
 */
export async function sayWhenStuck(tx: Tx, roundId: string, tries: number, why: string): Promise<void> {
  const state = await readState(tx, roundId);
  // The best-of-n page goes on with the images that it has.
  if (state && state.round.best_of !== null) return notifyRound(tx, roundId);
  // A round that has a problem already, such as a cancelled one, keeps it.
  if (!state || state.round.problem_code !== null || !isStuck(boardOf(state))) return;
  await setProblem(tx, roundId, new ServerError("PICKAPIC_GENERATION_FAILED", tries, why));
  await notifyRound(tx, roundId);
}
