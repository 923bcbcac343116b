/** @file A scorer behind HTTP: each batch is one POST request. */
import { PickScoreError } from "../errors.ts";
import { type Ask, inBatches } from "./external.ts";
import { openImageFiles } from "./imageFiles.ts";
import type { ScorerKind } from "./kind.ts";
import { postJson } from "./network.ts";
import { replyOf, requestOf } from "./protocol.ts";
import { methodsOf } from "./scorer.ts";

/** A server that answers the protocol of docs/scorers.md. */
export const httpKind: ScorerKind = {
  usesCores: false,
  // "http:" before a whole address is allowed, because the other kinds have such a prefix.
  argumentOf: (name) => (/^https?:/.test(name) ? name.replace(/^https?:(?=https?:)/, "") : null),
  async open(argument, options) {
    const url = urlOf(argument);
    const name = `${url.origin}${url.pathname}`;
    const { timeoutMs, signal, token } = options;
    const files = options.send === "paths" ? openImageFiles() : null;
    let identity = "its version is not told by the server";
    let calls = 0;
    const ask: Ask = async (batch) => {
      const request = await requestOf(++calls, batch, files);
      const { answers, scorer } = replyOf(
        await postJson(url, request, name, { timeoutMs, signal, token: token || undefined }),
        name,
      );
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
