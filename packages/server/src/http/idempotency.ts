/** @file Idempotency keys: a request that is sent again gets the first reply. The reply is stored in the same transaction as its effects. */
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { type RawBuilder, sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import type { TableExpression } from "../database/tableExpressions.ts";
import { ServerError } from "../errors.ts";

/** A reply to be stored. */
export interface Reply<T> {
  status: number;
  body: T;
}

/** The Idempotency-Key of a request. */
export interface Key {
  userId: string;
  key: string;
  /** SHA-256 of method, URL and body. It shows whether a key is used again for a different request. */
  hash: string;
}

/** The reply to the first request with a key, and the hash of that request. */
export interface StoredReply {
  hash: string;
  status: number | null;
  body: unknown;
}

/**
 * Runs `act` in a transaction, at most once per user and Idempotency-Key. A second request with the same key waits for the first
 * and gets its reply. Without the header, `act` always runs.
 * @throws ServerError PICKAPIC_KEY_INVALID, PICKAPIC_KEY_REUSED; the error of `act`, and then nothing is stored
 */
export function once<T extends object>(
  db: Database,
  request: FastifyRequest,
  userId: string,
  act: (tx: Tx) => Promise<Reply<T>>,
): Promise<Reply<T>> {
  const key = keyOf(request, userId);
  return db.transaction().execute(async (tx) => {
    if (key === null) return act(tx);
    if (!(await claimKey(tx, key))) return storedFor<T>(tx, key);
    const reply = await act(tx);
    const stored = { status: reply.status, body: JSON.stringify(reply.body) };
    await tx.updateTable("replies").set(stored).where("user_id", "=", userId).where("key", "=", key.key).execute();
    return reply;
  });
}

/**
 * Returns the Idempotency-Key of a request, or null if it has none.
 * @throws ServerError PICKAPIC_KEY_INVALID
 */
export function keyOf({ headers, method, url, body }: FastifyRequest, userId: string): Key | null {
  const key = headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key !== "string" || !/^[\w-]{8,100}$/.test(key)) throw new ServerError("PICKAPIC_KEY_INVALID");
  const hash = createHash("sha256")
    .update(`${method} ${url} ${JSON.stringify(body)}`)
    .digest("hex");
  return { userId, key, hash };
}

/** Returns true if this request is the first with its key. Waits while another transaction handles the same key. */
async function claimKey(tx: Tx, { userId, key, hash }: Key): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("replies")
    .values({ user_id: userId, key, request_hash: hash })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

async function storedFor<T>(tx: Tx, key: Key): Promise<Reply<T>> {
  const { rows } = await sql<{ replied: StoredReply | null }>`select ${storedReply(key.userId, key.key)} as replied`.execute(tx);
  const replied = rows[0]?.replied;
  if (!replied?.status) throw new Error("a reply was committed without its body");
  return { status: replied.status, body: repliedBefore<T>(key, replied) };
}

/**
 * A subselect: the StoredReply of a key, or null if there is none.
 * @param userId a value, or what stands for it in a fixed statement
 * @param key likewise; null for a request without a key
 */
export function storedReply(userId: unknown, key: unknown): RawBuilder<StoredReply | null> {
  return sql`(
    select json_build_object('hash', request_hash, 'status', status, 'body', body) from replies
    where user_id = ${userId} and key = ${key})`;
}

/**
 * Returns the body that was sent to the first request with the key.
 * @throws ServerError PICKAPIC_KEY_REUSED if that was a different request
 */
export function repliedBefore<T>({ hash }: Key, replied: StoredReply): T {
  if (replied.hash !== hash) throw new ServerError("PICKAPIC_KEY_REUSED");
  return replied.body as T;
}

/** Returns the table expression of a statement that stores a reply under its key if `from` has a row. */
export function replyExpression(
  { userId, key, hash }: Key,
  status: number,
  body: RawBuilder<unknown>,
  from: RawBuilder<unknown>,
): TableExpression {
  const replied = sql`
    insert into replies (user_id, key, request_hash, status, body)
    select ${userId}, ${key}, ${hash}, ${status}::int, ${body} from ${from}`;
  return { name: "replied", sql: replied };
}

/**
 * Runs `act`, and once more if a request with the same key has stored its reply in between. On its second run, `act` finds that reply.
 * @param act reads the stored reply of its key, and writes with replyExpression
 */
export async function unlessRepliedMeanwhile<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isKeyTaken(error)) return act();
    throw error;
  }
}

function isKeyTaken(error: unknown): boolean {
  return error instanceof Error && "constraint" in error && error.constraint === "replies_pkey";
}
