/** @file What the judging area asks of the server, besides answers: those go through the outbox. */
import type { NewReport, Round } from "@pickapic/server/api";
import type { QueryClient } from "@tanstack/react-query";
import { call, Refusal, sentenceOf } from "../../http/client.ts";
import { keepKarma, roundQuery } from "../../http/queries.ts";
import type { Dispatch } from "./judging.ts";

/** Keeps a round as the server last said it; a question that is still under way would bring back an older one. */
export async function keepRound(client: QueryClient, round: Round): Promise<void> {
  await client.cancelQueries({ queryKey: roundQuery(round.id).queryKey });
  client.setQueryData(roundQuery(round.id).queryKey, round);
}

/** Has pictures made again. */
export function retryRound(id: string): Promise<Round> {
  return call<Round>(`/api/rounds/${id}/retry`, { method: "POST" });
}

/** Stops the pictures that are not there yet. */
export function cancelRound(id: string): Promise<Round> {
  return call<Round>(`/api/rounds/${id}/cancel`, { method: "POST" });
}

/** Reports a picture. `url` is its address; the reply is its round, without the pair that held it. */
export function reportPicture(url: string, report: NewReport): Promise<Round> {
  return call<Round>(`${url}/reports`, { method: "POST", body: report });
}

/** Leaves a pair without an answer: shown at once, taken back when the server refuses. */
export async function skipPair(client: QueryClient, comparison: string, dispatch: Dispatch): Promise<void> {
  dispatch({ kind: "leftOut", comparison });
  try {
    await keepRound(client, await call<Round>(`/api/comparisons/${comparison}/skip`, { method: "POST" }));
    dispatch({ kind: "leftOutConfirmed", comparison });
  } catch (error) {
    dispatch({ kind: "refused", comparison, message: sentenceOf(error) });
    void client.invalidateQueries({ queryKey: ["round"] });
  }
}

/** Takes an answer back, and says what came of it. */
export async function takeBack(
  client: QueryClient,
  ranking: number,
  keep: (round: Round) => Promise<void>,
  dispatch: Dispatch,
): Promise<void> {
  try {
    const round = await call<Round>(`/api/rankings/${ranking}`, { method: "DELETE" });
    keepKarma(client, (old) => old - 1);
    await keep(round);
    dispatch({ kind: "undone", ranking, comparison: round.comparison?.id ?? null });
  } catch (error) {
    // The reply may have been lost on its way: look at what is true now.
    void client.invalidateQueries({ queryKey: ["round"] });
    dispatch({ kind: "undoFailed", message: sentenceOf(error), gone: error instanceof Refusal && error.status < 500 });
  }
}
