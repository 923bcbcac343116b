/** @file The errors of the judge: one table of codes, statuses and texts. Every codec puts the same sentences into its client's own shape. */
import { defineErrors } from "@pickapic/errors";

/** An error of a question to the judge, or of how it was started. Its message can be shown as it is. */
export const JudgeError = defineErrors("JudgeError", {
  // ---- a question
  PICKAPIC_JUDGE_REQUEST: {
    status: 400,
    meaning: "The body of a question is not what its address expects.",
    text: (sentence: string) => sentence,
  },
  PICKAPIC_JUDGE_TOO_MANY: {
    status: 413,
    text: (what: string, most: number, came: number) =>
      `A question may have at most ${most} ${what}; this one has ${came}: send several.`,
  },
  PICKAPIC_JUDGE_IMAGE: {
    status: 422,
    meaning: "An image of a question is no base64, is not stored here, or cannot be read.",
    text: (which: string, what: string) => `${which}: ${what}.`,
  },
  PICKAPIC_JUDGE_ADDRESS: {
    status: 422,
    text: (which: string, host: string) =>
      `${which}: images are not fetched from ${host}. Send the image itself as a data URL or as base64, or let the operator list the host with --allow-host.`,
  },
  PICKAPIC_JUDGE_FETCH: {
    status: 422,
    text: (which: string, host: string, reason: string) => `${which}: the image could not be fetched from ${host}: ${reason}.`,
  },
  PICKAPIC_JUDGE_PICKLE: {
    status: 400,
    meaning: "A pickle is damaged, too large, or holds anything but plain data. Nothing of it was executed.",
    text: (what: string) =>
      `The pickle was refused: ${what}. Only plain data is read: dictionaries, lists, tuples, texts, bytes, numbers, and NumPy's arrays of texts.`,
  },
  PICKAPIC_JUDGE_REFERENCE: {
    status: 409,
    text: (scale: string) =>
      `The scale "${scale}" needs votes to compare with, and this judge has none: start it with --votes DATASET or --calibration FILE, or ask for the scale raw or unit, or for /api/rank.`,
  },
  // ---- callers
  PICKAPIC_JUDGE_KEY_MISSING: {
    status: 401,
    text: () =>
      "This judge answers callers with a key only: send it as `Authorization: Bearer pj_...`. The operator makes one with `pickapic judge key add NAME`.",
  },
  PICKAPIC_JUDGE_KEY_UNKNOWN: {
    status: 401,
    text: () => "This key is unknown or was revoked: ask the operator of the judge for another one.",
  },
  PICKAPIC_JUDGE_KEY_EXPIRED: {
    status: 401,
    text: (name: string, day: string) => `The key "${name}" expired on ${day}: ask the operator of the judge for another one.`,
  },
  PICKAPIC_JUDGE_OPERATOR: {
    status: 403,
    text: () =>
      "Only an operator may exchange the scorer: send a key that was made with `pickapic judge key add NAME --operator` as `Authorization: Bearer pj_...`.",
  },
  PICKAPIC_JUDGE_BUSY: {
    status: 429,
    text: (who: string, most: number) =>
      `${who} already ${who === "This caller" ? "has" : "have"} ${most} images waiting, which is the most: send this question again in a second.`,
  },
  PICKAPIC_JUDGE_MEMORY: {
    status: 503,
    text: (mebibytes: number) =>
      `The questions that arrive at this moment fill the ${mebibytes} MiB that they may take together: send this one again in a second.`,
  },
  // ---- the judge itself
  PICKAPIC_JUDGE_CLOSED: { status: 503, text: () => "The judge is stopping: send the question again when it has started anew." },
  PICKAPIC_JUDGE_SCORER_FAILED: {
    status: 503,
    text: (scorer: string, reason: string) => `The scorer ${scorer} failed: ${reason}`,
  },
  PICKAPIC_JUDGE_SWAPPING: {
    status: 409,
    text: (scorer: string) => `The scorer ${scorer} is being loaded at this moment: send this again when it has taken over.`,
  },
  PICKAPIC_JUDGE_SWAP: {
    status: 422,
    text: (scorer: string, old: string, reason: string) =>
      `The scorer ${scorer} could not be loaded, and ${old} goes on judging. The reason: ${reason}`,
  },
  // ---- its operator
  PICKAPIC_JUDGE_CALIBRATION_FILE: {
    exitCode: 2,
    text: (file: string, what: string) =>
      `The calibration ${file} cannot be used: ${what}. Make it with \`pickapic judge calibrate DATASET --scorer SCORER --out FILE\`.`,
  },
  PICKAPIC_JUDGE_CALIBRATION_OTHER: {
    exitCode: 2,
    status: 409,
    text: (made: string, scorer: string) =>
      `The calibration was made for ${made}, and the scorer is ${scorer}: its temperature would be wrong. Calibrate this scorer.`,
  },
  PICKAPIC_JUDGE_KEYS_FILE: {
    text: (file: string, what: string) => `The file of keys ${file} cannot be used: ${what}.`,
  },
  PICKAPIC_JUDGE_KEY_NAME: {
    exitCode: 2,
    text: (name: string, what: string) => `The key "${name}" ${what}.`,
  },
});
/** One error of this package: `code` is one of the codes in the table. */
export type JudgeError = InstanceType<typeof JudgeError>;
