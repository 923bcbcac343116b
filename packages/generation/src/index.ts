/** @file Public names of @pickapic/generation. */

export * from "./backend.ts";
export * from "./best.ts";
export * from "./errors.ts";
export * from "./expectedGain.ts";
export { retryAfterOf } from "./http/retryAfter.ts";
export * from "./prompt.ts";
export * from "./request.ts";
export * from "./templates.ts";
