/** @file Reads the text of the file of models, and of the file of secrets beside it. */

import { readFile } from "node:fs/promises";
import { codeOf, refusalOf } from "@pickapic/errors";
import { GenerationError } from "../errors.ts";

/** Reads a file as text. @throws GenerationError PICKAPIC_MODELS_FILE_UNREADABLE */
export function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    const why = codeOf(error) === undefined ? "it is no text file" : refusalOf(error);
    throw new GenerationError("PICKAPIC_MODELS_FILE_UNREADABLE", file, why);
  });
}
