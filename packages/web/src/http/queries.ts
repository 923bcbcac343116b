/** @file What the pages ask the server for, and under which key the answer is kept. */
import type { History, Leaderboard, Me, Round, Statistics } from "@pickapic/server/api";
import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { call, Refusal } from "./client.ts";

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Ask even when the browser believes to be offline: it is often wrong, and a local server needs no network.
        networkMode: "always",
        refetchOnReconnect: true,
        // A refusal stays a refusal; an unreachable server may come back.
        retry: (failures, error) => !(error instanceof Refusal && error.status < 500) && failures < 3,
      },
    },
  });
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => call<Me>("/api/me", { signal }),
  staleTime: 60_000,
});

export const roundQuery = (id: string) =>
  queryOptions({
    queryKey: ["round", id],
    queryFn: ({ signal }) => call<Round>(`/api/rounds/${id}`, { signal }),
    staleTime: 5_000,
  });

export const historyQuery = infiniteQueryOptions({
  queryKey: ["history"],
  queryFn: ({ pageParam, signal }) =>
    call<History>(pageParam === null ? "/api/history" : `/api/history?before=${encodeURIComponent(pageParam)}`, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
  staleTime: 0,
});

export const leaderboardQuery = queryOptions({
  queryKey: ["leaderboard"],
  queryFn: ({ signal }) => call<Leaderboard>("/api/leaderboard", { signal }),
});

export const statisticsQuery = queryOptions({
  queryKey: ["statistics"],
  queryFn: ({ signal }) => call<Statistics>("/api/statistics", { signal }),
});

/** Karma as the server last said it, without asking again. */
export function keepKarma(client: QueryClient, karma: (old: number) => number): void {
  client.setQueryData(meQuery.queryKey, (me) => (me?.user ? { ...me, user: { ...me.user, karma: karma(me.user.karma) } } : me));
}
