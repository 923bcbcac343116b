/** @file The errors of the hub: one table of codes and texts. */
import { defineErrors } from "@pickapic/errors";

/** A sentence from: which repository or setting, and what is wrong with it. Line breaks that the hub sent become blanks. */
const statement = (who: string, what: string): string => `${who}: ${what}.`.replace(/\s*[\r\n]+\s*/g, " ");

/** The hub, a proxy or the folder of a download is not as it must be. The message can be shown as it is. */
export const HubError = defineErrors("HubError", {
  PICKAPIC_HUB_OFFLINE: {
    text: (repository: string, revision: string, partly: boolean, asked: string) =>
      `${repository}@${revision}: it is ${partly ? "only partly" : "not"} in the cache, and HF_HUB_OFFLINE forbids to fetch it: unset that, run \`pickapic model pull ${asked}\` once, or give a folder.`,
  },
  PICKAPIC_HUB_FOLDER_TAKEN: {
    exitCode: 2,
    text: (folder: string) => `${folder} holds something already; nothing was fetched: give a folder that is new or empty.`,
  },
  PICKAPIC_HUB_NOT_FOUND: {
    status: 404,
    meaning: "The hub has no such model or revision, or there is no CLIP in it.",
    text: statement,
  },
  PICKAPIC_HUB_DENIED: {
    meaning: "The hub wants a token, another token, or the terms of a model accepted.",
    text: statement,
  },
  PICKAPIC_HUB_BUSY: {
    status: 503,
    text: (repository: string, answered: string, when: string, kept: string) =>
      `${repository}: the hub answered ${answered}: try again ${when}; ${kept}.`,
  },
  PICKAPIC_HUB_UNREACHABLE: {
    status: 503,
    meaning: "The hub or a proxy does not answer, breaks off or answers something else, or its address is wrong.",
    text: statement,
  },
  PICKAPIC_HUB_CHECKSUM: {
    text: (repository: string, file: string, came: string) =>
      `${repository}: ${file} came with ${came}: it was thrown away; run it again, and if it stays so, do not trust the endpoint.`,
  },
  PICKAPIC_HUB_DISK_FULL: {
    text: (file: string, folder: string, megabytes: number, otherwise: string) =>
      `${file}: the disk of ${folder} is full: free ${megabytes} MB there, or ${otherwise} on a larger disk, and run it again; what has been fetched is kept.`,
  },
  PICKAPIC_HUB_PICKLE_REFUSED: {
    text: (where: string, pickle: string, remedy: string) =>
      statement(where, `it has ${pickle} only, a pickle, and opening a pickle can run any code that is in it${remedy}`),
  },
});
/** One error of this package: `code` is one of the codes in the table, and `message` can be shown as it is. */
export type HubError = InstanceType<typeof HubError>;
