/** @file A condition on the state of an image, for statements that find the image by its id or its round. */
import { type RawBuilder, sql } from "kysely";
import type { ImageState } from "./tables.ts";

/**
 * Returns a condition: the image is in one of the states. It is written so that PostgreSQL does not use a partial index on the state, such as that of the queue. A plan
 * that reads the whole queue looks cheap while the queue is empty, and would be kept when it is full.
 * @param image the name of the image's table in the statement
 */
export function isInState(image: string, ...states: readonly [ImageState, ...ImageState[]]): RawBuilder<boolean> {
  return sql<boolean>`coalesce(${sql.ref(`${image}.state`)} in (${sql.join(states.map((state) => sql.lit(state)))}), false)`;
}
