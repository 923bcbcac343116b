#!/usr/bin/env node
/** @file Starts the command with a Node that runs TypeScript: this one when it is 24 or newer, else the one npm installed. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { fileURLToPath } from "node:url";
import { stopWithNpx } from "./npx.mjs";

const MAIN = new URL("../src/main.ts", import.meta.url);
const BUNDLED = fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));
/** Where compiled code is kept from one start to the next: `--version` takes a third of the time, a first score 0.3 s less. */
const COMPILED = fileURLToPath(new URL("../../../node_modules/.cache/pickapic", import.meta.url));

// For the processes and threads that are started from here, too. Where the folder cannot be written, Node goes on without.
process.env.NODE_COMPILE_CACHE ??= COMPILED;
module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);

if (process.env.npm_lifecycle_event === "npx") stopWithNpx();
if (Number.parseInt(process.versions.node, 10) >= 24) await import(MAIN.href);
else if (existsSync(BUNDLED)) runWith(BUNDLED);
else {
  process.stderr.write(
    `pickapic needs Node 24 or newer, and this is Node ${process.versions.node}: run "npm ci" in the clone (it brings Node 24 along on Linux), or install Node 24 from https://nodejs.org.\n`,
  );
  process.exitCode = 1;
}

/** The command in a child process that shares this terminal; signals go on to it and its exit code comes back. */
function runWith(node) {
  // The channel tells the child when this process is gone, however it went.
  const child = spawn(node, [fileURLToPath(MAIN), ...process.argv.slice(2)], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`pickapic could not start ${node}: ${error.message}. Run "npm ci" in the clone to install it again.\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 137);
  });
}
