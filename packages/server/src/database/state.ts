/** @file Conditions on the state of an image that is found by another key. */
import { type RawBuilder, sql } from "kysely";
import type { ImageState } from "./tables.ts";

/**
 * True when the image is in one of the states. PostgreSQL does not see in it the condition of a partial index, such as that of the queue: where an image is found by
 * its id or its round, reading the queue instead looks cheap while the queue is empty, and the plan is kept when it is full.
 * @param image the name under which the statement reads the image
 */
export function isInState(image: string, ...states: readonly [ImageState, ...ImageState[]]): RawBuilder<boolean> {
  return sql<boolean>`coalesce(${sql.ref(`${image}.state`)} in (${sql.join(states.map((state) => sql.lit(state)))}), false)`;
}
