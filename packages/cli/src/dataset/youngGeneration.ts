/** @file The memory that V8 sets aside for new objects, in a process that makes few of them. */
import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8's young generation as large as it is. It grows to some 100 MB while objects survive, as those of modules that are loaded do, and stays so large;
 * an export of columns makes few objects. To be called before the modules are loaded.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
