/** @file A scorer behind HTTP: each batch is one POST request. */
import { messageOf } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import { type Ask, inBatches, withinTime } from "./external.ts";
import { openImageFiles } from "./imageFiles.ts";
import type { NamedScorerOptions, ScorerKind } from "./kind.ts";
import { replyOf, requestOf } from "./protocol.ts";
import { methodsOf } from "./scorer.ts";

/** Statuses of a server that is busy or not there yet: the call counts as failed and its images are asked for again. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A server that answers the protocol of docs/scorers.md. */
export const httpKind: ScorerKind = {
  usesCores: false,
  // "http:" before a whole address is allowed, because the other kinds have such a prefix.
  argumentOf: (name) => (/^https?:/.test(name) ? name.replace(/^https?:(?=https?:)/, "") : null),
  async open(argument, options) {
    const url = urlOf(argument);
    const name = `${url.origin}${url.pathname}`;
    const files = options.send === "paths" ? openImageFiles() : null;
    let identity = "its version is not told by the server";
    let calls = 0;
    const ask: Ask = async (batch) => {
      const request = await requestOf(++calls, batch, files);
      const { answers, scorer } = replyOf(await post(url, request, name, options), name);
      identity = scorer ?? identity;
      return answers;
    };
    return {
      name,
      ...methodsOf(inBatches(ask, { ...options, name })),
      identify: async () => identity,
      close: async () => files?.close(),
    };
  },
};

function urlOf(argument: string): URL {
  const url = URL.parse(argument);
  if (url?.host) return url;
  throw new PickScoreError("PICKAPIC_SCORER_NAME", argument, "expected an address such as http://127.0.0.1:8000/score");
}

/** Posts a request and returns the text of the reply. A network that fails is an ordinary Error, so that the call is tried again. */
async function post(url: URL, body: object, name: string, { timeoutMs = 60_000, signal, token }: NamedScorerOptions) {
  return withinTime(name, { timeoutMs, signal }, async (either) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: either }).catch((error) => {
      throw new Error(error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error));
    });
    const text = await response.text();
    if (response.ok) return text;
    const came = `status ${response.status}${text.trim() && ` with "${text.trim().slice(0, 120)}"`}`;
    if (PASSING.has(response.status)) throw new Error(`it answered ${came}`);
    throw new PickScoreError("PICKAPIC_SCORER_REPLY", name, "status 200", came);
  });
}
