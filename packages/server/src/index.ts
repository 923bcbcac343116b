/** @file The public names of this package. The HTTP contract is in @pickapic/server/api. */
export { ServerError } from "./errors.ts";
export type { Worker } from "./jobs/worker.ts";
export { type RunningServer, startServer } from "./server.ts";
export type { ServerSettings } from "./settings.ts";
export { countLeftOut, type LeftOut, preferenceSource } from "./store/preferences.ts";
export { openStore, type Store, type StoreSettings } from "./store/store.ts";
export { runWorker } from "./worker.ts";
