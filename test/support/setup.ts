/** @file Runs before each test file: what the file leaves behind is removed, what it replaced is put back, computations take one thread, and bytes are compared as bytes. */
import { flushCompileCache, syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { afterAll, vi } from "vitest";
import { compareBytes } from "./sameBytes.ts";
import { removeTemporaryFolders } from "./temporaryFolder.ts";

// Files run at the same time, one for each core; threads of their own would only wait for each other, awake.
os.availableParallelism = () => 1;
syncBuiltinESMExports();

compareBytes();
afterAll(removeTemporaryFolders);
// The next file in this process begins with the globals and the clock of Node or of a fresh simulated browser.
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
// Node itself writes its cache of compiled code when a process ends in good order, and the processes of the tests are stopped with a signal.
afterAll(() => flushCompileCache());
