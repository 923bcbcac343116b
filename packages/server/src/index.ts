/** @file The public names of this package. The HTTP contract is @pickapic/server/api, and the store for datasets is @pickapic/server/store. */
export { ServerError } from "./errors.ts";
export type { Worker } from "./jobs/worker.ts";
export { type RunningServer, startServer } from "./server.ts";
export type { ServerSettings } from "./settings.ts";
export { runWorker } from "./worker.ts";
