/** @file Pieces of route schemas that several features use. */
import { z } from "zod";
import { ErrorBody } from "../api.ts";

/** Documented on each route: every error has this body. */
export const failures = { "4xx": ErrorBody, "5xx": ErrorBody } as const;

export const IdParams = z.object({ id: z.string() });

export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .describe("A UUID of your own: a request that is sent again gets the reply of the first time."),
});

/** Ids of other shapes name nothing: an unknown id is a 404, never a 400. */
export function isUuid(text: string): boolean {
  return z.guid().safeParse(text).success;
}
