/** @file The errors that a user of PickScore can meet: one table of codes, each with its exit code and its text. */
import { defineErrors } from "@pickapic/errors";

/** A sentence about a scorer as a part of one that has named it: "it did not answer", without the full stop. */
const inside = (name: string, sentence: string): string =>
  (sentence.startsWith(`${name} `) ? `it ${sentence.slice(name.length + 1)}` : sentence).replace(/\.$/, "");

/** An error of training, of a run folder or of a scorer. Its text is written for the user and can be shown as it is. */
export const PickScoreError = defineErrors("PickScoreError", {
  // ---- settings
  PICKAPIC_TRAIN_SETTING_UNKNOWN: {
    exitCode: 2,
    text: (name: string, known: string) => `Training has no setting "${name}". It has: ${known}.`,
  },
  PICKAPIC_TRAIN_SETTING_INVALID: {
    exitCode: 2,
    text: (name: string, expected: string, came: string) => `Training setting "${name}" must be ${expected}; got ${came}.`,
  },
  PICKAPIC_TRAIN_CROSS_FITTING: {
    exitCode: 2,
    text: (train: string) =>
      `Training setting "validationSplit" can be cross-fitted only with "train" head, image-head or last:K, where the towers run once; got "train" ${train}: choose validation or validation_unique.`,
  },

  // ---- models and images
  PICKAPIC_CHECKPOINT_UNKNOWN: {
    status: 404,
    text: (what: string, shipped: string) =>
      `${what}. Models that ship: ${shipped}. Otherwise give a folder with config.json and model.safetensors, or a name of the hub such as openai/clip-vit-base-patch32 (with @main behind it where a folder here has the name before the slash).`,
  },
  PICKAPIC_CHECKPOINT_BROKEN: {
    text: (name: string, came: string) =>
      `Model "${name}": expected a folder with config.json and model.safetensors, but it ${came}.`,
  },
  PICKAPIC_IMAGE_UNREADABLE: {
    status: 422,
    meaning: "An image that is missing, broken or no picture; the text is that of the decoder.",
    text: (sentence: string) => sentence,
  },
  PICKAPIC_IMAGE_UNDECODABLE: {
    text: (uid: string, reason: string) =>
      `Image ${uid} of the dataset cannot be decoded (${reason}): run \`pickapic dataset validate\` and leave it out.`,
  },

  // ---- training
  PICKAPIC_TRAIN_NO_EXAMPLES: {
    text: (split: string) => `The split ${split} has no example: collect more choices first.`,
  },
  PICKAPIC_TRAIN_FEW_PICTURES: {
    text: (batch: number, pictures: number, heldOut: number) =>
      `Expected at least one batch of ${batch} to train on; got ${pictures} captioned pictures, of which ${heldOut} are held out.`,
  },
  PICKAPIC_TRAIN_DIVERGED: {
    text: (step: number, loss: number, gradientNorm: number, learningRate: number, batchFolder: string) =>
      `Training stopped at step ${step}: expected a finite loss, got loss ${loss} and gradient norm ${gradientNorm} at learning rate ${learningRate}. Lower the learning rate, or check the starting model; the last saved state is kept.${batchFolder && ` The batch is in ${batchFolder}.`}`,
  },
  PICKAPIC_TRAIN_MEMORY: {
    text: (needed: string, allowed: string) =>
      `Training needs at least about ${needed} of memory; it may use ${allowed}: allow more with --memory, or train less, such as --train lora:8 or --train head.`,
  },
  PICKAPIC_TRAIN_STOPPED: {
    text: (step: number, steps: number) => `Stopped after step ${step} of ${steps}; go on with --resume.`,
  },

  // ---- the run folder
  PICKAPIC_RUN_EXISTS: {
    text: (folder: string) => `${folder}: there is a run here already: go on with --resume, or choose another folder.`,
  },
  PICKAPIC_RUN_FOLDER_TAKEN: {
    text: (folder: string, file: string) =>
      `${folder}: expected a new folder for the run; it holds a model that no run has made (${file}): choose another folder.`,
  },
  PICKAPIC_RUN_MISSING: {
    text: (folder: string) =>
      `${folder}: there is no run here, for there is no run.json: give the folder that \`pickapic train --out\` wrote, or start a run without --resume.`,
  },
  PICKAPIC_RUN_DIFFERS: {
    text: (folder: string, differences: string) =>
      `${folder}: the run was started with${differences}Resume it as it was begun (--resume ${folder} needs no other option), or start a new run in another folder.`,
  },
  PICKAPIC_RUN_BROKEN: {
    text: (file: string, reason: string) =>
      `${file} is not what a run writes (${reason}): take it back from a copy, or start again in another folder.`,
  },
  PICKAPIC_RUN_BUSY: {
    status: 409,
    text: (folder: string, pid: number, since: string) =>
      `${folder}: expected a folder that no other process trains in; process ${pid} has been training here since ${since}: wait until it is done, stop it, or choose another folder.`,
  },
  PICKAPIC_RUN_NOT_SAVED: {
    status: 503,
    text: (folder: string, what: string, reason: string, remedy: string) =>
      `${folder}: ${what} could not be written (${reason}): ${remedy}.`,
  },

  // ---- the scoring process
  PICKAPIC_SCORER_DIED: {
    status: 503,
    text: (what: string) => `The scoring process ended during a call (${what}): call again, and a new one starts.`,
  },
  PICKAPIC_SCORER_NAME: {
    exitCode: 2,
    meaning: "The name of a scorer cannot be used; `pickapic evaluate scorer --help` lists the kinds.",
    text: (name: string, why: string) => `Scorer ${name}: ${why}.`,
  },
  PICKAPIC_SCORER_HEAD: {
    text: (file: string, width: number, came: string) =>
      `${file}: expected linear layers from an embedding of ${width} numbers to one number, each as weight [out, in] and bias [out]; ${came}.`,
  },
  PICKAPIC_SCORER_FAILED: {
    status: 502,
    meaning: "One image got no score; the others have theirs.",
    text: (name: string, reason: string) => `${name} gave no score: ${inside(name, reason)}.`,
  },
  PICKAPIC_SCORER_TIMEOUT: {
    status: 504,
    text: (name: string, seconds: number) =>
      `${name} did not answer within ${seconds} s: look at what it does, or allow more with --scorer-timeout.`,
  },
  PICKAPIC_SCORER_REPLY: {
    status: 502,
    text: (name: string, expected: string, came: string) =>
      `${name}: expected ${expected}; got ${came}. docs/scorers.md describes what a scorer answers.`,
  },
  PICKAPIC_SCORER_GAVE_UP: {
    status: 502,
    text: (name: string, calls: number, reason: string) =>
      `${name} was given up after ${calls} calls in a row that failed; the last one: ${inside(name, reason)}.`,
  },
  PICKAPIC_SCORER_CLOSED: { text: (model: string) => `The scorer of ${model} was closed: open it again.` },
});

/** An error of this package that can be shown to the user as it is. */
export type PickScoreError = InstanceType<typeof PickScoreError>;
