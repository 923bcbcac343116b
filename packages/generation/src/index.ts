/** @file Public names of @pickapic/generation. */

export * from "./backend.ts";
export * from "./best/best.ts";
export * from "./best/bestSoFar.ts";
export * from "./best/expectedGain.ts";
export * from "./best/generateMany.ts";
export * from "./best/plan.ts";
export * from "./best/ranked.ts";
export * from "./errors.ts";
export { retryAfterOf } from "./http/retryAfter.ts";
export * from "./prompt.ts";
export * from "./request.ts";
export * from "./templates.ts";
