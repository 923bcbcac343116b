/** @file `@pickapic/server/judge`: serves a judge without database, accounts and pages. */
export { type JudgeMetrics, openMetrics } from "./metrics.ts";
export { type JudgeServerSettings, type RunningJudge, startJudgeServer } from "./standalone.ts";
