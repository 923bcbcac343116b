/** @file What the routes of the judge declare about themselves. */

/** Callers need a key where the judge has keys. Its own queue bounds them, so that no rate limit is needed. */
export const CALLER_CONFIG = { access: "caller", rateLimit: false, needsDatabase: false } as const;

/** The errors of every route that asks the judge. */
export const ASKING = [
  "PICKAPIC_JUDGE_REQUEST",
  "PICKAPIC_JUDGE_TOO_MANY",
  "PICKAPIC_JUDGE_IMAGE",
  "PICKAPIC_JUDGE_ADDRESS",
  "PICKAPIC_JUDGE_FETCH",
  "PICKAPIC_JUDGE_BUSY",
  "PICKAPIC_JUDGE_SCORER_FAILED",
] as const;

/** Those of routes that tell scores on a scale. */
export const SCALED = [...ASKING, "PICKAPIC_JUDGE_REFERENCE"] as const;
