/** @file Every way in which generation refuses a user: one line per code. */

/** Code -> HTTP status. A test keeps this table and README.md in step. */
export const GENERATION_ERRORS = {
  PICKAPIC_PROMPT_EMPTY: 400,
  PICKAPIC_PROMPT_TOO_LONG: 400,
  PICKAPIC_PROMPT_CONTROL_CHARACTERS: 400,
  PICKAPIC_PROMPT_CONTROL_SYNTAX: 400,
  PICKAPIC_REQUEST_INVALID: 400,
  PICKAPIC_MODEL_UNKNOWN: 404,
  PICKAPIC_MODELS_NONE: 503,
  PICKAPIC_BEST_OF_COUNT: 400,
  PICKAPIC_BEST_OF_SCORES: 502,
} as const;

export type GenerationErrorCode = keyof typeof GENERATION_ERRORS;

/** An error for the user: its message can be printed as it is. A bug is an ordinary Error. */
export class GenerationError extends Error {
  override name = "GenerationError";
  readonly code: GenerationErrorCode;
  readonly status: number;

  constructor(code: GenerationErrorCode, message: string) {
    super(message);
    this.code = code;
    this.status = GENERATION_ERRORS[code];
  }
}
