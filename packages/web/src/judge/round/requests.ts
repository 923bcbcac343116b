/** @file The requests of the judging area to the server, except answers, which go through the outbox. */
import type { NewReport, Round } from "@pickapic/server/api";
import type { QueryClient } from "@tanstack/react-query";
import { call, Refusal, sentenceOf } from "../../http/client.ts";
import { keepKarma, roundQuery } from "../../http/queries.ts";
import type { Dispatch } from "./judging.ts";

/** Caches a round that the server has just sent. Requests for it that are still running are cancelled, because they would bring an older state. */
export async function keepRound(client: QueryClient, round: Round): Promise<void> {
  await client.cancelQueries({ queryKey: roundQuery(round.id).queryKey });
  client.setQueryData(roundQuery(round.id).queryKey, round);
}

/** Asks the server to make the pictures of a round again. */
export function retryRound(id: string): Promise<Round> {
  return call<Round>(`/api/rounds/${id}/retry`, { method: "POST" });
}

/** Cancels the pictures of a round that are not finished. */
export function cancelRound(id: string): Promise<Round> {
  return call<Round>(`/api/rounds/${id}/cancel`, { method: "POST" });
}

/** Reports the picture at `url`. The reply is its round, in which another pair replaces the one with this picture. */
export function reportPicture(url: string, report: NewReport): Promise<Round> {
  return call<Round>(`${url}/reports`, { method: "POST", body: report });
}

/** Skips a pair. The page shows that at once, and reverts it when the server refuses. */
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

/** Undoes an answer, and dispatches whether that succeeded. */
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
    // The server may have undone the answer although its reply was lost, so the round is loaded again.
    void client.invalidateQueries({ queryKey: ["round"] });
    dispatch({ kind: "undoFailed", message: sentenceOf(error), gone: error instanceof Refusal && error.status < 500 });
  }
}
