/** @file Frees unused memory at once. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects garbage now. Parameters, moments and gradients of a finished training are many GiB in few objects; V8 sees no reason to hurry, but
 * the next training or the process of a scorer needs the room.
 */
export function freeMemory(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
