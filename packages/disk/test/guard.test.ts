import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { isRunning } from "../src/index.ts";

/** Starts three programs with a guard that gives them a second: one ends by SIGTERM, one does not, one has ended before. It prints their ids. */
const PARENT = `
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openGuard } from ${JSON.stringify(new URL("../src/guard.ts", import.meta.url))};
const guard = openGuard(1);
const [obedient, stubborn, ended] = ["sleep 600 & wait", "trap '' TERM; sleep 600 & wait", "exit"].map((script) => {
  const program = spawn("/bin/sh", ["-c", script], { stdio: "ignore", detached: true });
  guard.add(program);
  return program;
});
if (ended.exitCode === null) await once(ended, "exit");
console.log(JSON.stringify([obedient.pid, stubborn.pid]));
setInterval(() => {}, 1_000);
`;

test("programs end with the process that started them when it is killed, also one that does not listen to SIGTERM", async () => {
  const parent = spawn(process.execPath, ["--input-type=module", "-e", PARENT], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: parent.stdout }), "line");
  const [obedient, stubborn]: number[] = JSON.parse(String(line));
  expect([obedient, stubborn].map((id) => isRunning(id!))).toEqual([true, true]);
  parent.kill("SIGKILL");
  await expect.poll(() => isRunning(obedient!)).toBe(false);
  await expect.poll(() => isRunning(stubborn!)).toBe(false);
});
