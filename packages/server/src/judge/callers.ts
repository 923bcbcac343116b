/** @file Lets callers of the judge in: by their key, and while there is room for the body of their question. */
import { JudgeError } from "@pickapic/judge";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type BodyLease, type JudgeService, QUESTION_LIMIT } from "./service.ts";

/** The name of callers where no key is needed: they take turns by their network address. */
const OPEN = "open";

/**
 * Lets a request to the judge in, and notes who sends it.
 * @throws JudgeError PICKAPIC_JUDGE_KEY_MISSING, PICKAPIC_JUDGE_KEY_UNKNOWN, PICKAPIC_JUDGE_KEY_EXPIRED, PICKAPIC_JUDGE_MEMORY
 */
export async function admitCaller(request: FastifyRequest, reply: FastifyReply, { keys, room }: JudgeService): Promise<void> {
  const name = keys === null ? OPEN : (await keys.keyOf(request.headers.authorization)).name;
  request.caller = { name, turn: keys === null ? request.ip : name };
  if (request.method === "GET") return;
  const length = Number(request.headers["content-length"] ?? QUESTION_LIMIT);
  // A body that is too large is refused before it is read, so it needs no room.
  if (length > QUESTION_LIMIT) return;
  const lease = room.take(length);
  request.caller.body = lease;
  reply.raw.once("close", lease.release);
}

/** Lets only operators go on. @throws JudgeError PICKAPIC_JUDGE_OPERATOR and those of the key */
export async function admitOperator(request: FastifyRequest, { operators }: JudgeService): Promise<void> {
  const key = await operators?.keyOf(request.headers.authorization);
  if (!key?.operator) throw new JudgeError("PICKAPIC_JUDGE_OPERATOR");
}

/** Returns who sends a request whose route has the access "caller". */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error(`route ${request.routeOptions.url} reads the caller but does not ask for one`);
  return request.caller;
}

/** Who asks the judge. */
export interface Caller {
  /** The name of the key, or "open". */
  readonly name: string;
  /** Callers with different texts take turns. */
  readonly turn: string;
  /** The room of the question's body, until the reply was sent or the caller hung up. */
  body?: BodyLease;
}
