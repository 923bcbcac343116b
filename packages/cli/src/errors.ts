/** @file The errors of the command line itself: one table of codes, exit codes and texts. */
import { defineErrors } from "@pickapic/errors";

/** An error of a command that was used wrongly or cannot go on with what it was given. Its message is printed as it is. */
export const CliError = defineErrors("CliError", {
  PICKAPIC_USAGE_ARGUMENT: {
    exitCode: 2,
    meaning: "An argument or a combination of options makes no sense.",
    text: (sentence: string) => sentence,
  },
  PICKAPIC_CLI_FILE_MISSING: { text: (path: string) => `There is no file or folder ${path}: check the path.` },
  PICKAPIC_CLI_OTHER_REPRODUCTION: {
    exitCode: 2,
    text: (folder: string) =>
      `${folder} holds a reproduction with other settings or another seed: give another folder with --out, or replace it with --force.`,
  },
  PICKAPIC_CLI_FOLDER_FULL: {
    exitCode: 2,
    text: (folder: string, names: string) =>
      `The folder ${folder} holds something already (${names}): choose another one with --out, or replace it with --force.`,
  },
  PICKAPIC_CLI_NO_IMAGES: {
    meaning: "No image was found where images were expected, or none of them can be read.",
    text: (sentence: string) => sentence,
  },
  PICKAPIC_CLI_IMAGES_UNREADABLE: {
    meaning: "The other images have their scores.",
    text: (which: string) => `${which} could not be read.`,
  },
  PICKAPIC_CLI_TOKEN_MISSING: {
    text: (file: string) =>
      `The operator's token of the app was not found in ${file}: name the app's data folder with --data, or give the token with --admin-token or PICKAPIC_ADMIN_TOKEN.`,
  },
  PICKAPIC_CLI_JUDGE: { text: (url: string, reason: string) => `The judge at ${url}: ${reason}` },
  PICKAPIC_CLI_FEW_PAIRS: {
    exitCode: 2,
    text: (a: string, b: string, reason: string) =>
      `Whether ${b} is worse than ${a} cannot be said: ${reason}. Make images of more prompts.`,
  },
  PICKAPIC_CLI_NOT_COMPARED: {
    exitCode: 2,
    meaning: "Two folders of images could not be compared, which does not say that one of them is worse.",
    text: (sentence: string) => sentence,
  },
  PICKAPIC_CLI_WORSE: {
    text: (a: string, b: string, scorer: string, wins: string) => `${b} is worse than ${a} by ${scorer}: it wins ${wins}.`,
  },
  PICKAPIC_CLI_FAIL_UNDER: {
    text: (b: string, scorer: string, wins: string, least: string) =>
      `${b} wins ${wins} by ${scorer}; at least ${least} were demanded with --fail-under.`,
  },
  PICKAPIC_CLI_DIFFERENT: {
    text: (before: string, after: string, counts: string) => `${before} and ${after} differ in their rankings: ${counts}.`,
  },
  PICKAPIC_CLI_MODELS_FAILED: {
    text: (failed: number, all: number) => `${failed} of ${all} backends cannot be used: see above.`,
  },
  PICKAPIC_CLI_EXPORT_FAILED: { text: (problem: string) => `The last export on the server failed: ${problem}` },
  PICKAPIC_CLI_FINDINGS: {
    text: (folder: string, findings: string) => `${folder} is not valid (${findings}): see above.`,
  },
});
/** One error of the command line: `code` is one of the codes in the table, `exitCode` is what the process ends with. */
export type CliError = InstanceType<typeof CliError>;
