/**
 * @file The public names of @pickapic/server/store: a data folder as a source of a dataset. Apart from the server, because a server that starts again after a crash need
 * not load the code that writes datasets.
 */
export { countLeftOut, type LeftOut, preferenceSource } from "./preferences.ts";
export { openStore, type Store, type StoreSettings } from "./store.ts";
