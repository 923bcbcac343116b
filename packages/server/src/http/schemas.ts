/** @file Parts of route schemas that several features use. */
import { z } from "zod";

/** The id of a round, an image or a comparison. Any text passes here: the route refuses a text that is not a UUID with 404, like an unknown id. */
export const IdParams = z.object({ id: z.string().meta({ format: "uuid" }) });

/** The largest row number that is accepted. */
const LARGEST_ROW = Number.MAX_SAFE_INTEGER;
const POSITIVE = /^[1-9]\d{0,15}$/;

/** The number of a row in an address. Any text passes here; the route reads it with rowOf and refuses other texts with 404. */
export const RowParams = z.object({ id: z.string().meta({ type: "integer", minimum: 1, maximum: LARGEST_ROW }) });

/** Returns the row number that a text states, or null if it is not one. */
export function rowOf(text: string): number | null {
  return POSITIVE.test(text) && Number(text) <= LARGEST_ROW ? Number(text) : null;
}

/** Returns the schema of a whole number from 1 to `max` in a query. */
function queryNumber(max: number) {
  return z
    .string()
    .refine((text) => POSITIVE.test(text) && Number(text) <= max, { error: `expected a whole number from 1 to ${max}` })
    .transform(Number)
    .meta({ type: "integer", minimum: 1, maximum: max });
}

/** The query of a list that is read page by page, newest first. */
export const PageQuery = z.object({
  before: queryNumber(LARGEST_ROW).optional().describe("`next` of the page before; without it the newest come first"),
  limit: queryNumber(200).default(50).describe("How many at most"),
});

/** The headers of a route that takes an Idempotency-Key. */
export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .meta({ pattern: "^[A-Za-z0-9_-]{8,100}$" })
    .describe("A UUID of your own: a request that is sent again gets the reply of the first time."),
});

/** True if a text has the form of a UUID. */
export function isUuid(text: string): boolean {
  return z.guid().safeParse(text).success;
}
