/** @file What an answer of the hub other than success means: how long to wait, or which error to report. */
import { basename } from "node:path";
import { HubError } from "./errors.ts";
import type { HubName } from "./name.ts";

/** What a client is for, which its errors name. */
export interface Purpose {
  readonly kind: "model" | "dataset";
  /** Whether it writes to the hub. */
  readonly pushes: boolean;
}

/** Pauses before the second, third, ... attempt, ms. */
export const PAUSES = [1000, 2000, 4000, 8000];

/** If a server asks for a longer wait, the request fails and the user decides. In s. */
const LONGEST_WAIT = 120;

/** Seconds that a busy hub asks to wait. @throws HubError when that is too long, or after too many attempts */
export function busyFor(response: Response, attempt: number, { repository }: HubName, { pushes, hasToken }: Asked): number {
  const asked = retryAfter(response.headers);
  const pause = (PAUSES[attempt] ?? 0) / 1000;
  // A server that says 0 s, or a time in the past, is still not asked again at once.
  const seconds = asked === null ? pause : Math.max(asked, Math.min(1, pause));
  if (attempt < PAUSES.length && seconds <= LONGEST_WAIT) return seconds;
  const later = asked === null ? "in some minutes" : `in ${Math.ceil(asked)} s`;
  const when = hasToken ? later : `${later}, or set HF_TOKEN, which allows more`;
  const what = response.status === 429 ? "429, too many requests" : `${response.status}, not available`;
  throw new HubError("PICKAPIC_HUB_BUSY", repository, what, when, kept(pushes));
}

/** Seconds from now named by Retry-After, as a number or as a date by the server's own clock; null when it names none. */
export function retryAfter(headers: Headers): number | null {
  const given = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given);
  const [until, now] = [Date.parse(given), Date.parse(headers.get("date") ?? "")];
  if (!/[a-z]/i.test(given) || Number.isNaN(until) || Number.isNaN(now)) return null;
  return Math.max(0, (until - now) / 1000);
}

/** What is not lost by an error. */
const kept = (pushes: boolean): string =>
  pushes ? "nothing of it is visible there; what has been uploaded need not be sent again" : "what has been fetched is kept";

type Asked = Purpose & { readonly hasToken: boolean };

/** The error for an answer that will not change by asking again: a wrong name, revision or token, or a server that refuses. `asked` is the address of the request. */
export function refusal(response: Response, asked: string, { repository, revision }: HubName, purpose: Asked): HubError {
  const { status } = response;
  const { kind, pushes, hasToken } = purpose;
  const code = response.headers.get("x-error-code") ?? "";
  const answering = new URL(response.url || asked);
  // The hub knows the model and redirected to its storage, or lacks one file of it: neither name nor token is wrong.
  if (code === "EntryNotFound" || answering.origin !== new URL(asked).origin)
    return new HubError(
      "PICKAPIC_HUB_UNREACHABLE",
      repository,
      `${answering.host} answered ${status} for ${basename(new URL(asked).pathname)}, a file that the hub lists: run it again later; what has been fetched is kept`,
    );
  const unknown = status === 404 || code === "RepoNotFound";
  if (code === "RevisionNotFound")
    return new HubError(
      "PICKAPIC_HUB_NOT_FOUND",
      repository,
      `the hub has no revision "${revision}" of it: check what follows the @`,
    );
  if (pushes && (status === 401 || status === 403))
    return new HubError(
      "PICKAPIC_HUB_DENIED",
      repository,
      `the hub answered ${status}: this token is not valid, or may not write there: make one that may write, and set HF_TOKEN to it; ${kept(pushes)}`,
    );
  if (status === 403 || code === "GatedRepo")
    return new HubError(
      "PICKAPIC_HUB_DENIED",
      repository,
      `the hub does not give it to ${hasToken ? "the owner of this token" : "just anybody"} (${status}): accept its terms on its page, then set HF_TOKEN to a token that may read it`,
    );
  if (unknown)
    return new HubError(
      "PICKAPIC_HUB_NOT_FOUND",
      repository,
      `there is no such ${kind} on the hub (${status})${kind === "model" ? ", nor a folder of that name here" : ""}: check the spelling; a private one needs HF_TOKEN`,
    );
  if (status === 401)
    return new HubError(
      "PICKAPIC_HUB_DENIED",
      repository,
      `the hub answered 401: ${hasToken ? "HF_TOKEN is not valid, or may not read it: make a new token" : `there is no such ${kind}, or it needs a token: check the spelling, or set HF_TOKEN to a token that may read it`}`,
    );
  return new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    repository,
    `the hub refused the request with ${status}: try again later${pushes ? `; ${kept(pushes)}` : ""}`,
  );
}

/** The error for a hub that did not answer as often as it was asked. */
export function away(endpoint: string, { repository }: HubName, reason: string, { pushes }: Purpose): HubError {
  return new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    repository,
    `${endpoint} could not be used (${reason}), after ${PAUSES.length + 1} attempts: check the network, or HF_ENDPOINT, and run it again; ${kept(pushes)}`,
  );
}
