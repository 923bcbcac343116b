/** @file The errors of checkpoints, tokenizers and processors: one table of codes and texts. */
import { defineErrors, firstFault } from "@pickapic/errors";
import type { ZodError } from "zod";

/** Quotes text from a file. Its line breaks become blanks, because they would look like the end of the sentence. */
const quoted = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, " ");

/** A sentence from: where, what was expected, what came instead and what to do. */
const expectation = (where: string, expected: string, came: string): string => quoted(`${where}: expected ${expected}; ${came}.`);

/** A sentence from: which file, folder or model, and the rest. */
const statement = (who: string, what: string): string => quoted(`${who}: ${what}.`);

/** A checkpoint, a tokenizer or a processor is not as it must be. The message can be shown as it is. */
export const ClipError = defineErrors("ClipError", {
  // ---- the folder of a checkpoint
  PICKAPIC_CLIP_FOLDER_MISSING: {
    text: (folder: string, isFile: boolean) =>
      expectation(folder, "a checkpoint folder", isFile ? "this is a file" : "there is nothing here"),
  },
  PICKAPIC_CLIP_FILE_MISSING: { meaning: "A file that a checkpoint needs is not there.", text: expectation },
  PICKAPIC_CLIP_FILE_UNREADABLE: {
    meaning: "A file of a checkpoint cannot be read, or is not the JSON it should be.",
    text: expectation,
  },
  PICKAPIC_CLIP_PICKLE_REFUSED: {
    text: (where: string, pickle: string, remedy: string) =>
      statement(where, `it has ${pickle} only, a pickle, and opening a pickle can run any code that is in it${remedy}`),
  },
  PICKAPIC_CLIP_CONFIG_UNSUPPORTED: {
    meaning: "The config describes a model that is not a CLIP of a kind we know.",
    text: (file: string, refusal: string, setting: string, what: string) => statement(file, `${refusal}: ${setting}: ${what}`),
  },
  PICKAPIC_CLIP_SAFETENSORS_BROKEN: {
    meaning: "A file that should be safetensors is something else, is cut short, or has a header that does not describe it.",
    text: statement,
  },
  PICKAPIC_CLIP_TENSORS_WRONG: {
    meaning: "Tensors of the checkpoint are missing, unknown, there twice or of the wrong shape.",
    text: statement,
  },
  PICKAPIC_CLIP_WEIGHTS_NOT_FINITE: {
    meaning: "A weight is not a number or is infinite.",
    text: expectation,
  },
  PICKAPIC_CLIP_TOKENIZER_BROKEN: {
    text: (where: string, what: string) => statement(where, `this is not a CLIP tokenizer: ${what}`),
  },
  PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED: {
    meaning: "preprocessor_config.json asks for something that CLIP's processor does not do.",
    text: statement,
  },

  // ---- writing
  PICKAPIC_CLIP_CONVERSION_REFUSED: { meaning: "A model cannot be written as what was asked for.", text: statement },
  PICKAPIC_CLIP_DISK_FULL: {
    text: (model: string, folder: string, why: string, remedy: string) =>
      statement(model, `the disk of ${folder} is full: ${why}: ${remedy}`),
  },
});
/** One error of this package: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type ClipError = InstanceType<typeof ClipError>;

/** The first thing that is wrong with a parsed file as text, such as "model.vocab: expected an object; got 5". */
export function issueText({ issues }: ZodError, value: unknown): string {
  const { path, sentence } = firstFault(issues, value);
  return `${path || "the file"}: ${sentence}`;
}

/** The first few of many, as one phrase: "a, b and 7 more". */
export function few(items: readonly string[], shown = 4): string {
  const rest = items.length - shown;
  return rest > 0 ? `${items.slice(0, shown).join(", ")} and ${rest} more` : items.join(", ");
}
