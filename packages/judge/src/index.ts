/** @file The public names of @pickapic/judge. */
export * from "./codecs/decisions.ts";
export * from "./codecs/own.ts";
export * from "./codecs/rewards.ts";
export * from "./codecs/swarmUi.ts";
export * from "./codecs/systemOne.ts";
export type { BatchReport, BatchSettings } from "./core/batches.ts";
export {
  CalibrationInput,
  calibrate,
  calibrationSentence,
  type HeldOutVotes,
  type JudgeCalibration,
  readCalibration,
  type Vote,
  writeCalibration,
} from "./core/calibration.ts";
export { type Judge, type JudgeOptions, openJudge } from "./core/judge.ts";
export type { JudgedImages, JudgeFacts } from "./core/judged.ts";
export type { FailedImage, RankedImage, RankedImages } from "./core/ranked.ts";
export {
  SCALES,
  type Scale,
  /** @public For clients that are given scores on the scale unit. */
  UNIT,
} from "./core/scale.ts";
export { JudgeError } from "./errors.ts";
export { type AskedPair, MOST_IMAGES } from "./images/asked.ts";
export { type ImageAccess, promptedImages } from "./images/fetched.ts";
export { parseQuestion } from "./images/question.ts";
export { addKey, type KeyRing, listKeys, openKeys, revokeKey, type StoredKey } from "./keys.ts";
export {
  /** @public For clients that ask for pickles. */
  readPickle,
} from "./pickle/read.ts";
export { answersOf, type Inquiry, pairsOf } from "./questions/inquiry.ts";
