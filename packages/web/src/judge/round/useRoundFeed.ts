/** @file The round as the server last said it: asked for once, followed while pictures are made, replaced by each reply that carries a newer one. */
import type { Round } from "@pickapic/server/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { roundQuery } from "../../http/queries.ts";
import { cancelRound, keepRound, retryRound } from "./requests.ts";
import { watchRound } from "./watchRound.ts";

/** A round and what can be asked of the server about it. */
export interface RoundFeed {
  round: Round | undefined;
  /** Why the round could not be loaded. */
  error: Error | null;
  /** Asks the server again. */
  reload(): void;
  /** Takes a newer state of the round, from the reply to another request. */
  keep(round: Round): Promise<void>;
  /** Has the pictures made again after a failure or a stop. */
  retry(): void;
  /** Stops waiting for pictures. Settles when the server knows, or cannot be reached. */
  cancel(): Promise<void>;
}

/** Follows a round of the person who is signed in. */
export function useRoundFeed(roundId: string): RoundFeed {
  const client = useQueryClient();
  const { data: round, error, refetch } = useQuery(roundQuery(roundId));
  const keep = useCallback((next: Round) => keepRound(client, next), [client]);
  const reload = useCallback(() => void refetch(), [refetch]);

  const generating = round?.state === "generating";
  useEffect(() => {
    if (generating) return watchRound(roundId, (next) => void keep(next));
  }, [keep, roundId, generating]);

  const retry = useCallback(() => {
    retryRound(roundId).then(keep, reload);
  }, [roundId, keep, reload]);
  const cancel = useCallback(() => cancelRound(roundId).then(keep, reload), [roundId, keep, reload]);
  return { round, error, reload, keep, retry, cancel };
}
