/** @file Public names of @pickapic/hub. */

export type { Environment } from "./cache.ts";
export {
  /** @public For programs that tell errors for the user from bugs. */
  HubError,
} from "./errors.ts";
export { type FetchOptions, fetchModel } from "./fetchModel.ts";
export { type HubName, parseHubName, processorOf } from "./name.ts";
export { type Pulled, type PullOptions, pullDataset } from "./pull.ts";
export { type Pushed, type PushedFile, type PushOptions, pushDataset } from "./push.ts";
export { retryAfter } from "./refusals.ts";
