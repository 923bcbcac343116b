/** @file The files of a dataset folder as they are published: whole, unchanged since they were written, and under a licence. */

import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "../errors.ts";
import { openDataset } from "../read/read.ts";
import { CARD_FILE, CHECKSUM_FILE, DATA_FOLDER, isShardName } from "../shards/layout.ts";
import { validateDataset } from "../validate/validate.ts";
import { licenseIn } from "./card.ts";
import { checksumOf, checksumOfText, formatChecksums, parseChecksums } from "./checksums.ts";

/** What is published of a dataset folder. */
export interface Publishable {
  readonly license: string;
  readonly files: readonly { readonly path: string; readonly content: Blob }[];
}

/**
 * Checks that a folder is a valid dataset of ours whose files have the checksums that it names, and returns them for publication. Pictures are not decoded.
 * @param license replaces that of the card, in the published copy only
 * @throws {DatasetError} those of `openDataset`; FILE_DAMAGED, LICENSE_MISSING; ROW_INVALID for what `validateDataset` finds
 */
export async function publishable(folder: string, license?: string): Promise<Publishable> {
  await openDataset(folder);
  const card = await textOf(folder, CARD_FILE);
  const chosen = license ?? licenseIn(card);
  if (chosen === undefined) throw new DatasetError("PICKAPIC_DATASET_LICENSE_MISSING", folder);
  const sums = parseChecksums(await textOf(folder, CHECKSUM_FILE));
  const files: { path: string; content: Blob }[] = [];
  for (const [path, sum] of sums) {
    if ((await checksumOf(join(folder, path)).catch(() => "")) !== sum)
      throw new DatasetError("PICKAPIC_DATASET_FILE_DAMAGED", join(folder, path), `it is missing, or no longer what ${CHECKSUM_FILE} says; nothing was sent: export the dataset again`);
    if (path !== CARD_FILE) files.push({ path, content: await openAsBlob(join(folder, path)) });
  } // biome-ignore format: one sentence
  await requireValid(folder);
  const licensed = card.replace(/^license:.*$/m, `license: ${JSON.stringify(chosen)}`);
  const named = licensed.replace(/^No licence was chosen when .*$|^Licence: .*\.$/m, `Licence: ${chosen}.`);
  const checksums = formatChecksums(new Map([...sums, [CARD_FILE, checksumOfText(named)]]));
  return { license: chosen, files: [...files, text(CARD_FILE, named), text(CHECKSUM_FILE, checksums)] };
}

async function requireValid(folder: string): Promise<void> {
  const [first, ...others] = (await validateDataset(folder, { decodeImages: false })).filter(({ severity }) => severity === "error");
  if (!first) return;
  const more = others.length === 0 ? "" : ` There ${others.length === 1 ? "is one more finding" : `are ${others.length} more findings`}.`;
  throw new DatasetError("PICKAPIC_DATASET_ROW_INVALID", `${folder} is not valid, so nothing was sent: ${first.message}${more} \`pickapic dataset validate ${folder}\` lists all.`);
} // biome-ignore format: one sentence

const text = (path: string, content: string) => ({ path, content: new Blob([content]) });

async function textOf(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), "utf8").catch((cause: unknown) => {
    throw new DatasetError("PICKAPIC_DATASET_NOT_A_DATASET", folder, `it has no ${name}; publish what \`pickapic dataset export\` or import wrote`).because(cause);
  }); // biome-ignore format: one sentence
}

/** Whether a published file is one of an earlier release of a dataset of ours. */
export function isOfRelease(path: string): boolean {
  const [folder, name = ""] = path.split("/");
  return folder === DATA_FOLDER && isShardName(name);
}
