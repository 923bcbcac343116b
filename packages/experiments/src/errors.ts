/** @file The errors that a user of the experiments can meet: one table of codes and texts. */
import { defineErrors } from "@pickapic/errors";

/** An experiment cannot go on with what it was given, or the app does not do its part; the message can be shown as it is. */
export const ExperimentError = defineErrors("ExperimentError", {
  PICKAPIC_CLI_APP_UNREACHABLE: {
    text: (url: string, waited: string) =>
      `The app at ${url} did not answer${waited}: start it with \`pickapic serve\`, or give its address with --url.`,
  },
  PICKAPIC_CLI_APP_REFUSED: {
    meaning: "The app refused a request, made no pictures, or lost an answer.",
    text: (what: string) => `The app ${what}`,
  },
  PICKAPIC_CLI_APP_STRANGE: {
    text: (url: string, call: string, what: string) =>
      `${url} answered ${call} with something else than the app does: ${what}. Is it another program, or the app in another version? --url gives its address.`,
  },
  PICKAPIC_CLI_TOO_FEW: {
    text: (split: string, folder: string) =>
      `The split ${split} of ${folder} is empty, as it is when there are too few prompts to hold some out: collect rankings of more prompts, then export or import again.`,
  },
  PICKAPIC_CLI_TOO_FEW_JUDGEMENTS: {
    exitCode: 2,
    text: (prompts: number, judges: number, few: string) =>
      `${prompts} prompts, each judged by ${judges}, give ${few} for a share: ask for more prompts (--prompts) or judges (--judges).`,
  },
  PICKAPIC_CLI_NO_DRAWS: {
    text: (split: string, folder: string) =>
      `No answer in the split ${split} of ${folder} has a draw_probability, so that answers cannot be weighted by it: leave out --draw-weights, or export from the app, which records it since its models have weights.`,
  },
  PICKAPIC_CLI_NO_SCORE: {
    text: (scorer: string, uid: string, reason: string) => `${scorer} gave no score to image ${uid} of the dataset: ${reason}`,
  },
  PICKAPIC_CLI_SCORES_MISSING: {
    text: (what: string, left: string, allowed: string, first: string) =>
      `${left} of ${what} cannot be measured, because an image in them has no score; at most ${allowed} may be left out (--most-failed). The first: ${first}`,
  },
  PICKAPIC_CLI_IMAGE_UNREADABLE: {
    text: (file: string, reason: string) => `${file} cannot be read, so that no distance can be given: ${reason}`,
  },
  PICKAPIC_CLI_FEATURE_SIZE: {
    text: (file: string) =>
      `${file} takes pictures of any size: say with --size which one its features are defined for, such as 299.`,
  },
  PICKAPIC_CLI_NOT_RATED: {
    text: (configuration: string, folder: string, rated: string) =>
      `${folder} has no answer about ${configuration}, so that people's ranking is not known; it has answers about ${rated}. Name the folders of images as the models are called there.`,
  },
  PICKAPIC_REPRODUCE_STEP: {
    text: (step: string, steps: string) => `These settings have no step ${step}; their steps are ${steps}.`,
  },
  PICKAPIC_CLI_NOT_INVITED: {
    text: () => "The app does not let guests in: simulated people need an app that allows guests.",
  },
});
/** One error of this package: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type ExperimentError = InstanceType<typeof ExperimentError>;
