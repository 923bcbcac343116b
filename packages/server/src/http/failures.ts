/** @file Turns every failure of a request into an error body of one shape, which never contains a stack or a secret. */
import { firstFault, shown } from "@pickapic/errors";
import { GenerationError } from "@pickapic/generation";
import { JudgeError } from "@pickapic/judge";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ErrorBody } from "../api.ts";
import { reasonOf, ServerError } from "../errors.ts";
import { passingFailure } from "../passing.ts";
import { SchemaMismatch } from "./validation.ts";

/** Fastify's error handler: replies with the error, and logs it if its status is 500 or above. */
export function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = refusalFor(error, request);
  if (failure.status >= 500)
    request.log.error({ error: reasonOf(error), stack: (error as Error).stack, url: request.routeOptions.url });
  if (failure.status === 503 || failure.code === "PICKAPIC_JUDGE_BUSY") reply.header("retry-after", "1");
  return reply.code(failure.status).header("cache-control", "no-store").send(bodyOf(failure));
}

function bodyOf({ code, message, status }: { code: string; message: string; status: number }): ErrorBody {
  return { error: { code, message, status } };
}

/** Returns the error that a failure of a request is for its sender. */
export function refusalFor(error: unknown, request: FastifyRequest): ServerError | GenerationError | JudgeError {
  if (error instanceof ServerError || error instanceof GenerationError || error instanceof JudgeError) return error;
  if (error instanceof SchemaMismatch) return invalid(error, request);
  return passingFailure(error) ?? fastifysOwn(error, request) ?? new ServerError("PICKAPIC_INTERNAL");
}

function fastifysOwn(error: unknown, request: FastifyRequest): ServerError | null {
  const { code = "", statusCode = 500, message } = error as { code?: string; statusCode?: number; message: string };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new ServerError("PICKAPIC_BODY_TOO_LARGE", request.routeOptions.bodyLimit);
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" || code === "FST_ERR_CTP_INVALID_MEDIA_TYPE_LENGTH")
    return new ServerError("PICKAPIC_BODY_TYPE", shown(request.headers["content-type"]));
  if (code === "FST_ERR_BAD_URL" || code === "FST_ERR_MAX_PARAM_LENGTH")
    return new ServerError("PICKAPIC_ADDRESS_INVALID", request.url.slice(0, 100));
  if (code.startsWith("FST_ERR_CTP") || error instanceof SyntaxError) return new ServerError("PICKAPIC_BODY_NOT_JSON");
  return statusCode >= 400 && statusCode < 500 ? new ServerError("PICKAPIC_BODY_INVALID", message) : null;
}

/** Returns the error for a request of which the body, the parameters or the headers do not match their schema. */
function invalid({ issues, value, validationContext }: SchemaMismatch, request: FastifyRequest): ServerError {
  const { path, sentence } = firstFault(issues, value);
  if (path === "choice" && validationContext === "body")
    return new ServerError("PICKAPIC_CHOICE_UNKNOWN", shown((value as { choice?: unknown }).choice));
  const where = path === "" ? "the body" : `"${path}"`;
  return new ServerError("PICKAPIC_BODY_INVALID", `${request.method} ${request.routeOptions.url}: ${where}: ${sentence}.`);
}
