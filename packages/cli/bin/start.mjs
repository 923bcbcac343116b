#!/usr/bin/env node
/** @file Starts the command of the published package, which is JavaScript and needs no other Node than the one that runs. */
import * as module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { stopWithNpx } from "./npx.mjs";

/** The oldest Node that can run the bundled command, as package.json of the published package says. */
const OLDEST = "22.12";

const [major, minor] = process.versions.node.split(".").map(Number);
const [leastMajor, leastMinor] = OLDEST.split(".").map(Number);
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  process.stderr.write(
    `pickapic: This is Node ${process.versions.node}, and pickapic needs Node ${OLDEST} or newer: install one from https://nodejs.org.\n`,
  );
  process.exit(1);
}

/** Where compiled code is stored from one start to the next: in the caches of this user, because the package may be read-only. */
const COMPILED = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pickapic/compiled");

// For the processes and threads that are started from here, too. Where the folder cannot be written, Node goes on without.
process.env.NODE_COMPILE_CACHE ??= COMPILED;
module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);

if (process.env.npm_lifecycle_event === "npx") stopWithNpx();
await import("../src/main.ts");
