/** @file The errors of requests: code, HTTP status and text. */
import type { ErrorTable } from "@pickapic/errors";

const seconds = (count: number) => `${count} second${count === 1 ? "" : "s"}`;

/** What a reply may say instead of what was asked for, roughly in the order of the steps of a request. */
export const REQUEST_ERRORS = {
  PICKAPIC_BODY_INVALID: { status: 400, text: (what: string) => what },
  PICKAPIC_CHOICE_UNKNOWN: {
    status: 400,
    text: (came: string) => `Answer: the choice must be "left", "right" or "tie"; got ${came}.`,
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
  PICKAPIC_BEST_OF_UNKNOWN: { status: 404, text: () => "There is no such best of n among yours." },
  PICKAPIC_BEST_OF_SCORER: {
    status: 409,
    text: () =>
      "This server has no scorer that could say which picture is best: its operator names one with --scorer or PICKAPIC_JUDGE.",
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
} as const satisfies ErrorTable;
