/** @file Answering a comparison, and taking the last answer back. */
import { Answer, AnswerReply, Round } from "../api.ts";
import { ServerError } from "../errors.ts";
import { isOperator, personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { keyOf } from "../http/idempotency.ts";
import { failures, IdempotencyHeader, IdParams, isUuid } from "../http/schemas.ts";
import { presentRound } from "../rounds/presenter.ts";
import { answerComparison, withdrawRanking } from "./answer.ts";
import { skipComparison } from "./skip.ts";

const config = { access: "consented" } as const;
const tags = ["comparisons"];

export function comparisonRoutes(app: App, services: Services): void {
  const { db, settings } = services;
  const answer = {
    tags,
    summary: "Say which image is better; the reply is sent after the answer is stored",
    params: IdParams,
    headers: IdempotencyHeader,
    body: Answer,
    response: { 200: AnswerReply, ...failures },
  };
  app.post("/api/comparisons/:id/answer", { config, schema: answer }, async (request) => {
    const { id: comparisonId } = request.params;
    if (!isUuid(comparisonId)) throw new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
    if (request.body.simulated && !isOperator(request, services)) throw new ServerError("PICKAPIC_SIMULATED_REFUSED");
    const person = personOf(request);
    return answerComparison(db, { comparisonId, person, answer: request.body, key: keyOf(request, person.id) }, settings);
  });

  const skip = {
    tags,
    summary: "Another pair instead of an answer: nothing is stored, and two new images come",
    params: IdParams,
    response: { 200: Round, ...failures },
  };
  app.post("/api/comparisons/:id/skip", { config, schema: skip }, async (request) => {
    const { id } = request.params;
    if (!isUuid(id)) throw new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
    const state = await db.transaction().execute((tx) => skipComparison(tx, id, personOf(request), settings));
    return presentRound(state, settings.concurrency);
  });

  const undo = { tags, summary: "Take back the last answer of a round", params: IdParams, response: { 200: Round, ...failures } };
  app.delete("/api/rankings/:id", { config, schema: undo }, async (request) => {
    const id = Number(request.params.id);
    if (!Number.isSafeInteger(id)) throw new ServerError("PICKAPIC_RANKING_UNKNOWN");
    const state = await db.transaction().execute((tx) => withdrawRanking(tx, id, personOf(request)));
    return presentRound(state, settings.concurrency);
  });
}
