/** @file Every kind of backend, by the name that it has in models.yaml. */

import { a1111 } from "./a1111.ts";
import type { Kind } from "./kind.ts";
import { openai } from "./openai.ts";

/** Kind of backend by its name in models.yaml. */
export const KINDS = { openai, a1111 } as const satisfies Record<string, Kind>;
/** The name of a kind of backend. */
export type KindName = keyof typeof KINDS;
