/** @file Simulated people who use a running app through its public API. */

export { type Client, openClient } from "./client.ts";
export { assertRunning, type CrowdOutcome, simulateCrowd } from "./crowd.ts";
export { openThankedLog } from "./record.ts";
