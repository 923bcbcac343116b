/**
 * @file The public names of @pickapic/server/store: reads a data folder as the source of a dataset. It is an entry of its own, so that a server starts without loading
 * the code that writes datasets.
 */
export { countLeftOut, type LeftOut, type LimitedSource, preferenceSource } from "./preferences.ts";
export { openStore, type Store, type StoreSettings } from "./store.ts";
