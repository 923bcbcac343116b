/** @file The routes of comparisons: answer one, skip one, and take the last answer back. */
import { Answer, AnswerReply, Round } from "../api.ts";
import { ServerError } from "../errors.ts";
import { isOperator, personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { keyOf } from "../http/idempotency.ts";
import { IdempotencyHeader, IdParams, isUuid, RowParams, rowOf } from "../http/schemas.ts";
import { presentRound } from "../rounds/presenter.ts";
import { answerComparison, withdrawRanking } from "./answer.ts";
import { skipComparison } from "./skip.ts";

const access = "consented";
const fails = [
  "PICKAPIC_COMPARISON_UNKNOWN",
  "PICKAPIC_ALREADY_ANSWERED",
  "PICKAPIC_PAIR_SKIPPED",
  "PICKAPIC_PAIR_EXPIRED",
  "PICKAPIC_ROUND_FINISHED",
] as const;
const tags = ["comparisons"];

/** Registers the routes of comparisons. */
export function comparisonRoutes(app: App, services: Services): void {
  const { db, settings } = services;
  const answer = {
    tags,
    operationId: "answerComparison",
    summary: "Say which image is better",
    description:
      "The reply is sent after the answer is stored, and has the round with its next pair. A comparison has one answer: send the same Idempotency-Key again when no reply came.",
    params: IdParams,
    headers: IdempotencyHeader,
    body: Answer,
    response: { 200: AnswerReply },
  };
  app.post(
    "/api/comparisons/:id/answer",
    { config: { access, fails: [...fails, "PICKAPIC_CHOICE_UNKNOWN", "PICKAPIC_SIMULATED_REFUSED"] }, schema: answer },
    async (request) => {
      const { id: comparisonId } = request.params;
      if (!isUuid(comparisonId)) throw new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
      if (request.body.simulated && !isOperator(request, services)) throw new ServerError("PICKAPIC_SIMULATED_REFUSED");
      const person = personOf(request);
      return answerComparison(db, { comparisonId, person, answer: request.body, key: keyOf(request, person.id) }, settings);
    },
  );

  const skip = {
    tags,
    operationId: "skipComparison",
    summary: "Another pair instead of an answer",
    description: "Closes the comparison without an answer; two new images are made. Gives the round as it is then.",
    params: IdParams,
    response: { 200: Round },
  };
  app.post("/api/comparisons/:id/skip", { config: { access, fails }, schema: skip }, async (request) => {
    const { id } = request.params;
    if (!isUuid(id)) throw new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
    const state = await db.transaction().execute((tx) => skipComparison(tx, id, personOf(request), settings));
    return presentRound(state, settings.concurrency);
  });

  const undo = {
    tags,
    operationId: "withdrawAnswer",
    summary: "Take back the last answer of a round",
    description:
      "The comparison waits for an answer again. Only the last answer that counts can be taken back. Gives the round as it is then.",
    params: RowParams,
    response: { 200: Round },
  };
  const undoFails = ["PICKAPIC_RANKING_UNKNOWN", "PICKAPIC_UNDO_NOT_LAST", "PICKAPIC_UNDO_REVEALED"] as const;
  app.delete("/api/rankings/:id", { config: { access, fails: undoFails }, schema: undo }, async (request) => {
    const id = rowOf(request.params.id);
    if (id === null) throw new ServerError("PICKAPIC_RANKING_UNKNOWN");
    const state = await db.transaction().execute((tx) => withdrawRanking(tx, id, personOf(request)));
    return presentRound(state, settings.concurrency);
  });
}
