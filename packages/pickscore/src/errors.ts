/** @file The errors that a user of PickScore can meet: one stable code each, one sentence that says what to do. */

export const PICKSCORE_ERRORS = {
  PICKAPIC_SETTING_UNKNOWN: "a training setting that does not exist",
  PICKAPIC_SETTING_INVALID: "a training setting outside its range",
  PICKAPIC_MODEL_UNKNOWN: "a model that is neither a shipped one nor a folder",
  PICKAPIC_MODEL_BROKEN: "a model folder that cannot be read",
  PICKAPIC_IMAGE_UNREADABLE: "an image that is missing or broken",
  PICKAPIC_TRAIN_NO_EXAMPLES: "a split without an example to train on",
  PICKAPIC_TRAIN_DIVERGED: "a loss that is not a finite number",
  PICKAPIC_TRAIN_MEMORY: "a training step that cannot fit into the memory allowed",
  PICKAPIC_TRAIN_STOPPED: "training that was interrupted; its state is saved",
  PICKAPIC_RUN_EXISTS: "a run folder that already holds a run, or another model",
  PICKAPIC_RUN_MISSING: "a run folder without a run to go on with",
  PICKAPIC_RUN_DIFFERS: "a run that was started with other settings, data or from another model",
  PICKAPIC_RUN_BROKEN: "a run folder whose state cannot be read",
  PICKAPIC_RUN_BUSY: "a run folder that another process is training in",
  PICKAPIC_RUN_NOT_SAVED: "a state, model or report of a run that could not be written",
  PICKAPIC_SCORER_DIED: "a scoring process that ended during a call",
  PICKAPIC_SCORER_CLOSED: "a call to a scorer that was closed",
} as const;

export type PickScoreErrorCode = keyof typeof PICKSCORE_ERRORS;

/** An error to print for the user as it is; anything else that is thrown is a bug. */
export class PickScoreError extends Error {
  override name = "PickScoreError";
  readonly code: PickScoreErrorCode;

  constructor(code: PickScoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
