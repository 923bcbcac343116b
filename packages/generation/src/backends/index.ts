/** @file Every kind of backend, by the name that it has in models.yaml. */

import { a1111 } from "./a1111.ts";
import { aiSdk } from "./aiSdk.ts";
import { comfy } from "./comfy.ts";
import { command } from "./command.ts";
import { folder } from "./folder.ts";
import type { Kind } from "./kind.ts";
import { openai } from "./openai.ts";
import { original } from "./original.ts";
import { sdcpp } from "./sdcpp.ts";

/** Kind of backend by its name in models.yaml. */
export const KINDS = { openai, a1111, sdcpp, comfy, aiSdk, command, folder, original } as const satisfies Record<string, Kind>;
/** The name of a kind of backend. */
export type KindName = keyof typeof KINDS;
