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
    text: (images: number, came: string) =>
      `Best of n: the scorer gave ${came} for ${images === 1 ? "an image" : `${images} images`}; expected one finite number for each.`,
  },
  PICKAPIC_BEST_OF_NONE: {
    status: 502,
    text: (failed: number, reasons: string) =>
      `Best of n: there is no image, because ${failed === 1 ? "the only one" : `all ${failed}`} that were tried failed: ${reasons}`,
  },
  PICKAPIC_BEST_OF_PICTURES: {
    status: 400,
    exitCode: 2,
    text: (model: string, pictures: number, n: number) =>
      `Model "${model}" has pictures that were made earlier: ${pictures} of this prompt, and none with a template; ${n} were asked for.`,
  },
  PICKAPIC_GUIDANCE_RANGE: {
    status: 400,
    exitCode: 2,
    text: (model: string, low: number, high: number, came: number) =>
      `Model "${model}": expected a guidance scale from ${low} to ${high}; got ${came}.`,
  },
  PICKAPIC_GUIDANCE_NONE: {
    status: 400,
    exitCode: 2,
    text: (model: string, came: number) =>
      `Model "${model}" has no guidance scale, so it cannot be set to ${came}: leave it out.`,
  },
  PICKAPIC_MODEL_LIMIT: {
    status: 400,
    exitCode: 2,
    text: (model: string, limit: string, n: number) =>
      `Model "${model}" may make no more than its limit of a day (${limit}), and ${n} images were asked for: ask for fewer, or raise the limit in the file of models.`,
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
  PICKAPIC_BACKEND_UNREACHABLE: {
    status: 502,
    text: (model: string, reason: string) =>
      `Model "${model}": its backend cannot be reached (${reason}). Check that it runs, and that its address in the file of models is right.`,
  },
  PICKAPIC_BACKEND_TIMEOUT: {
    status: 504,
    text: (model: string, seconds: number) =>
      `Model "${model}": its backend did not answer within ${seconds} s. If it needs longer, raise timeoutSeconds in the file of models.`,
  },
  PICKAPIC_BACKEND_BUSY: {
    status: 503,
    text: (model: string, status: number, said: string) =>
      `Model "${model}": its backend has no time now (status ${status}); it says: ${said}`,
  },
  PICKAPIC_BACKEND_FAILED: {
    status: 502,
    text: (model: string, status: number, said: string) =>
      `Model "${model}": its backend failed (status ${status}); it says: ${said}`,
  },
  PICKAPIC_BACKEND_REFUSED: {
    status: 502,
    text: (model: string, status: number, said: string) =>
      `Model "${model}": its backend refused the request (status ${status}); it says: ${said}. Check address, key and settings in the file of models.`,
  },
  PICKAPIC_BACKEND_PROMPT: {
    status: 400,
    text: (model: string, status: number, said: string) =>
      `Model "${model}": its backend does not draw this prompt (status ${status}); it says: ${said}`,
  },
  PICKAPIC_BACKEND_RESTING: {
    status: 503,
    text: (model: string, failures: number) =>
      `Model "${model}": its backend failed ${failures} times in a row, so it is left alone for a while before it is asked again.`,
  },
  PICKAPIC_BACKEND_REDIRECT: {
    status: 502,
    text: (model: string, status: number) =>
      `Model "${model}": its backend redirects to another address (status ${status}), which is not followed. Write the final address into the file of models.`,
  },
  PICKAPIC_BACKEND_TOO_LARGE: {
    status: 502,
    text: (model: string, most: number) => `Model "${model}": its backend sent more than ${most} MB, so the answer was cut off.`,
  },
  PICKAPIC_BACKEND_REPLY: {
    status: 502,
    text: (model: string, expected: string, came: string) =>
      `Model "${model}": expected ${expected} from its backend; got ${came}.`,
  },
  PICKAPIC_BACKEND_PICTURE: {
    status: 502,
    text: (model: string, what: string) => `Model "${model}": its backend sent no usable picture: ${what}`,
  },
  PICKAPIC_BACKEND_ENDED: {
    status: 502,
    text: (model: string, how: string, said: string) =>
      `Model "${model}": its backend made no picture (${how}); it says: ${said}`,
  },
  PICKAPIC_MODELS_FILE_UNREADABLE: {
    status: 500,
    exitCode: 2,
    text: (file: string, reason: string) => `The file of models ${file} cannot be read (${reason}): check the path.`,
  },
  PICKAPIC_MODELS_FILE_INVALID: {
    status: 500,
    exitCode: 2,
    meaning: "Each fault of the file of models has its sentence with its line; no image was made.",
    text: (sentences: string) => sentences,
  },
});
/** One error of this package: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type GenerationError = InstanceType<typeof GenerationError>;
