/** @file Finds secrets by their names: in the environment, or in a secrets file with lines such as NAME=value. */

import { parseEnv } from "node:util";
import { textOf } from "./text.ts";

/** Returns the secret of a name; undefined when there is none. */
export type FindSecret = (name: string) => string | undefined;

/**
 * Opens the secrets of a file of models. The environment wins over the file, and an empty variable counts as unset.
 * @param file path of the secrets file; undefined: there is none
 * @throws GenerationError PICKAPIC_MODELS_FILE_UNREADABLE
 */
export async function openSecrets(file: string | undefined, environment: Readonly<Record<string, string | undefined>>): Promise<FindSecret> {
  const inFile = file === undefined ? {} : parseEnv(await textOf(file));
  return (name) => environment[name] || inFile[name] || undefined;
}
