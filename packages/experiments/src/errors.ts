/** @file The errors that a user of the experiments can meet: one stable code each. */

/** Code -> what it means. */
export const EXPERIMENT_ERRORS = {
  PICKAPIC_CLI_FILE_MISSING: "a file or folder that was named is not there",
  PICKAPIC_CLI_RUN_BROKEN: "a run folder with a file that cannot be read",
  PICKAPIC_CLI_APP_UNREACHABLE: "the app did not answer",
  PICKAPIC_CLI_APP_REFUSED: "the app refused a request",
  PICKAPIC_CLI_TOO_FEW: "there are too few examples for a figure that means something",
  PICKAPIC_CLI_NOT_INVITED: "the app does not let guests in",
} as const;

export type ExperimentErrorCode = keyof typeof EXPERIMENT_ERRORS;

/** An error for the user: its message is printed as it is. */
export class ExperimentError extends Error {
  override name = "ExperimentError";
  readonly code: ExperimentErrorCode;

  constructor(code: ExperimentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
