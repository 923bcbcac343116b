/** @file Turns every failure of a request into an error body of one shape, which never contains a stack or a secret. */
import { GenerationError } from "@pickapic/generation";
import { JudgeError } from "@pickapic/judge";
import type { FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { ErrorBody } from "../api.ts";
import { reasonOf, ServerError } from "../errors.ts";
import { passingFailure } from "../passing.ts";

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
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error.validation, error.validationContext, request);
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

interface Issue {
  instancePath: string;
  message?: string;
}

/**
 * Returns the error for a request that does not match its schema.
 * @param context the part of the request that is wrong: body, querystring, params or headers
 */
function invalid(issues: readonly Issue[], context: string | undefined, request: FastifyRequest): ServerError {
  const issue = issues[0];
  const path = (issue?.instancePath ?? "").split("/").filter((part) => part !== "");
  const part = context === "querystring" ? request.query : context === "params" ? request.params : request.body;
  const came = shown(valueAt(part, path));
  if (context === "body" && path.join(".") === "choice") return new ServerError("PICKAPIC_CHOICE_UNKNOWN", came);
  const where = path.length === 0 ? "the body" : `"${path.join(".")}"`;
  return new ServerError(
    "PICKAPIC_BODY_INVALID",
    `${request.method} ${request.routeOptions.url}: ${where}: ${issue?.message ?? "not valid"}; it was ${came}.`,
  );
}

function valueAt(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], body);
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
