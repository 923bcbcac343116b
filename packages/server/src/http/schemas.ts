/** @file Pieces of route schemas that several features use. */
import { z } from "zod";

/** The id of a round, an image or a comparison. Ids of other shapes name nothing: they are refused with 404, never with 400. */
export const IdParams = z.object({ id: z.string().meta({ format: "uuid" }) });

/** The largest number that the database gives to a row. */
const LARGEST_ROW = Number.MAX_SAFE_INTEGER;
const POSITIVE = /^[1-9]\d{0,15}$/;

/** The number of a row in an address: digits only. Others name nothing. */
export const RowParams = z.object({ id: z.string().meta({ type: "integer", minimum: 1, maximum: LARGEST_ROW }) });

/** The number of a row; null for text that is none. */
export function rowOf(text: string): number | null {
  return POSITIVE.test(text) && Number(text) <= LARGEST_ROW ? Number(text) : null;
}

/** A whole number from 1 to `max` in the query of an address. */
function queryNumber(max: number) {
  return z
    .string()
    .refine((text) => POSITIVE.test(text) && Number(text) <= max, { error: `expected a whole number from 1 to ${max}` })
    .transform(Number)
    .meta({ type: "integer", minimum: 1, maximum: max });
}

/** Of a list, newest first: where the page begins, and how long it is. */
export const PageQuery = z.object({
  before: queryNumber(LARGEST_ROW).optional().describe("`next` of the page before; without it the newest come first"),
  limit: queryNumber(200).default(50).describe("How many at most"),
});

export const IdempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .meta({ pattern: "^[A-Za-z0-9_-]{8,100}$" })
    .describe("A UUID of your own: a request that is sent again gets the reply of the first time."),
});

/** Whether a text has the shape of a UUID. */
export function isUuid(text: string): boolean {
  return z.guid().safeParse(text).success;
}
