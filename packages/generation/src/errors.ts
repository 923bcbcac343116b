/** @file The errors of this package. */

import { defineErrors } from "@pickapic/errors";

const count = (n: number) => n.toLocaleString("en-US");

/** An error for the user: its message can be shown as it is. Statuses are those of the server's replies. */
export const GenerationError = defineErrors("GenerationError", {
  PICKAPIC_PROMPT_EMPTY: {
    status: 400,
    text: (nothingAtAll: boolean) =>
      nothingAtAll
        ? "The prompt is empty: please describe the picture that you want to see."
        : "The prompt holds only a negative prompt in [brackets]: please also say what the picture should show.",
  },
  PICKAPIC_PROMPT_TOO_LONG: {
    status: 400,
    text: (limit: number, length: number) =>
      `A prompt has at most ${count(limit)} characters, and this one has ${count(length)}: please shorten it.`,
  },
  PICKAPIC_PROMPT_CONTROL_CHARACTERS: {
    status: 400,
    text: (what: string) => `A prompt is plain text, and this one contains ${what}: please remove it or type the prompt again.`,
  },
  PICKAPIC_PROMPT_CONTROL_SYNTAX: {
    status: 400,
    text: (found: string) =>
      `A prompt may not hold marks in angle brackets, which some image generators read as commands, and this one has "${found}": please leave it out, or describe the picture in words.`,
  },
  PICKAPIC_REQUEST_INVALID: { status: 400, text: (field: string, what: string) => `Generation request, ${field}: ${what}.` },
  PICKAPIC_MODEL_UNKNOWN: {
    status: 404,
    text: (model: string, known: string) => `There is no model named "${model}". Models on offer: ${known}.`,
  },
  PICKAPIC_MODELS_NONE: { status: 503, text: () => "No image generator is set up: add a backend that offers a model." },
  PICKAPIC_BEST_OF_COUNT: {
    status: 400,
    text: (largest: number, n: number) => `Best of n: n must be a whole number from 1 to ${largest}; got ${n}.`,
  },
  PICKAPIC_BEST_OF_SCORES: {
    status: 502,
    text: (image: number, n: number, came: string) =>
      `Best of n: the scorer gave ${came} for image ${image} of ${n}; expected one finite number.`,
  },
  PICKAPIC_BEST_OF_PATIENCE: {
    status: 400,
    exitCode: 2,
    text: (patience: number) => `Best of n: patience must be a probability above 0 and below 0.5; got ${patience}.`,
  },
  PICKAPIC_TEMPLATES_UNREADABLE: {
    status: 400,
    text: (file: string, reason: string) => `The file of templates ${file} cannot be read (${reason}): check the path.`,
  },
  PICKAPIC_TEMPLATES_INVALID: {
    status: 400,
    meaning: "Each fault has its sentence; no image was made.",
    text: (sentences: string) => sentences,
  },
});
/** One error of this package: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type GenerationError = InstanceType<typeof GenerationError>;
