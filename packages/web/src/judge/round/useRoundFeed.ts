/** @file Loads a round, follows it while its pictures are made, and replaces it by each newer state from another reply. */
import type { Round } from "@pickapic/server/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { roundQuery } from "../../http/queries.ts";
import { cancelRound, keepRound, retryRound } from "./requests.ts";
import { watchRound } from "./watchRound.ts";

/** A round, and the requests about it. */
export interface RoundFeed {
  round: Round | undefined;
  /** Why the round could not be loaded. */
  error: Error | null;
  /** Loads the round again. */
  reload(): void;
  /** Replaces the round by a newer state, from the reply to another request. */
  keep(round: Round): Promise<void>;
  /** Asks for the pictures again after they failed or were cancelled. */
  retry(): void;
  /** Cancels the pictures. Settles when the server has done so or cannot be reached. */
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
