/** @file A request that is sent again gets the reply of the first time: the reply is stored in the transaction that did the work. */
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Database, Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";

export interface Reply<T> {
  status: number;
  body: T;
}

/**
 * Runs `act` in a transaction, at most once per user and Idempotency-Key. A second request with the same key waits for the first
 * and gets its reply. Without the header it just runs.
 * @throws ServerError PICKAPIC_KEY_INVALID, PICKAPIC_KEY_REUSED; whatever `act` throws (then nothing is stored).
 */
export function once<T extends object>(
  db: Database,
  request: FastifyRequest,
  userId: string,
  act: (tx: Tx) => Promise<Reply<T>>,
): Promise<Reply<T>> {
  const key = keyOf(request);
  return db.transaction().execute(async (tx) => {
    if (key === null) return act(tx);
    const hash = hashOf(request);
    if (!(await claimKey(tx, userId, key, hash))) return storedReply<T>(tx, userId, key, hash);
    const reply = await act(tx);
    const stored = { status: reply.status, body: JSON.stringify(reply.body) };
    await tx.updateTable("replies").set(stored).where("user_id", "=", userId).where("key", "=", key).execute();
    return reply;
  });
}

function keyOf(request: FastifyRequest): string | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key !== "string" || !/^[\w-]{8,100}$/.test(key)) throw new ServerError("PICKAPIC_KEY_INVALID");
  return key;
}

function hashOf({ method, url, body }: FastifyRequest): string {
  return createHash("sha256")
    .update(`${method} ${url} ${JSON.stringify(body)}`)
    .digest("hex");
}

/** Waits for a transaction that holds the same key. */
async function claimKey(tx: Tx, user_id: string, key: string, request_hash: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("replies")
    .values({ user_id, key, request_hash })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

async function storedReply<T>(tx: Tx, userId: string, key: string, hash: string): Promise<Reply<T>> {
  const row = await tx
    .selectFrom("replies")
    .selectAll()
    .where("user_id", "=", userId)
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  if (row.request_hash !== hash) throw new ServerError("PICKAPIC_KEY_REUSED");
  if (row.status === null) throw new Error("a reply was committed without its body");
  return { status: row.status, body: row.body as T };
}
