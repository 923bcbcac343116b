/** @file The errors of the server: one table of codes, statuses and texts. A text says who failed, what was expected, what came and what to do. */

import { defineErrors } from "@pickapic/errors";
import { REQUEST_ERRORS } from "./errors/request.ts";
import { START_ERRORS } from "./errors/start.ts";

/** An error whose message can be shown to the user as it is. Errors of the start have no HTTP status, because no request gets them. */
export const ServerError = defineErrors("ServerError", { ...REQUEST_ERRORS, ...START_ERRORS });
/** An instance of ServerError. */
export type ServerError = InstanceType<typeof ServerError>;

/** Returns the message of an error for use inside a sentence. The error's code, such as ENOSPC, comes first if the message does not contain it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (error instanceof AggregateError && error.message === "") return code ?? error.errors.map(reasonOf).join(", ");
  return code !== undefined && !error.message.includes(code) ? `${code}, ${error.message}` : error.message;
}
