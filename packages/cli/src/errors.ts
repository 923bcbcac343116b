/** @file The errors of the command line itself. */

/** Code -> what it means. Codes that start with PICKAPIC_USAGE_ exit with 2, the others with 1. */
export const CLI_ERRORS = {
  PICKAPIC_USAGE_ARGUMENT: "an argument or a combination of options makes no sense",
  PICKAPIC_CLI_FILE_MISSING: "a file or folder that was named is not there",
  PICKAPIC_CLI_NO_IMAGES: "no image was found where images were expected",
  PICKAPIC_CLI_IMAGES_UNREADABLE: "some images could not be read; the others have their scores",
  PICKAPIC_CLI_TABLE_BROKEN: "a table of prompts and images that cannot be read",
  PICKAPIC_CLI_TOKEN_MISSING: "the administrator's token of the app is not known",
  PICKAPIC_CLI_FINDINGS: "a dataset that does not keep its promises",
} as const;

export type CliErrorCode = keyof typeof CLI_ERRORS;

/** An error for the user: its message is printed as it is. */
export class CliError extends Error {
  override name = "CliError";
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
