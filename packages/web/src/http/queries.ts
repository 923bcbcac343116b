/** @file The queries of the pages, each with its cache key. */
import type { BestOfOffer, Choice, History, Leaderboard, Me, Round, Statistics } from "@pickapic/server/api";
import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { call, Refusal } from "./client.ts";

/** A cache of replies for one page. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Requests are sent even when the browser says that it is offline: it is often wrong, and a local server needs no network.
        networkMode: "always",
        refetchOnReconnect: true,
        // Only failures of the server and of the network are retried; a refusal would stay the same.
        retry: (failures, error) => !(error instanceof Refusal && error.status < 500) && failures < 3,
      },
    },
  });
}

/** Who is signed in, and what this server offers. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => call<Me>("/api/me", { signal }),
  staleTime: 60_000,
});

/** One round of the person who is signed in. */
export const roundQuery = (id: string) =>
  queryOptions({
    queryKey: ["round", id],
    queryFn: ({ signal }) => call<Round>(`/api/rounds/${id}`, { signal }),
    staleTime: 5_000,
  });

/** What the best-of-n page offers, with the person's last best of n. */
export const bestOfQuery = queryOptions({
  queryKey: ["best-of"],
  queryFn: ({ signal }) => call<BestOfOffer>("/api/best-of", { signal }),
  staleTime: 0,
});

/** A filter of the person's answers. An empty search and no choice exclude nothing. */
export interface HistoryFilter {
  /** Words of the prompt. */
  search: string;
  choice: Choice | null;
}

/** The person's own answers, page by page, latest first. */
export const historyQuery = (filter: HistoryFilter) =>
  infiniteQueryOptions({
    queryKey: ["history", filter],
    queryFn: ({ pageParam, signal }) => call<History>(historyAddress(filter, pageParam), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });

/** The address of a page of answers. `before` is the `next` of the page before; null for the first page. */
export function historyAddress({ search, choice }: HistoryFilter, before: string | null): string {
  const wanted = new URLSearchParams();
  if (before !== null) wanted.set("before", before);
  if (search !== "") wanted.set("search", search);
  if (choice !== null) wanted.set("choice", choice);
  return wanted.size === 0 ? "/api/history" : `/api/history?${wanted}`;
}

/** Ratings of the generators. */
export const leaderboardQuery = queryOptions({
  queryKey: ["leaderboard"],
  queryFn: ({ signal }) => call<Leaderboard>("/api/leaderboard", { signal }),
});

/** Figures about the answers on this server. */
export const statisticsQuery = queryOptions({
  queryKey: ["statistics"],
  queryFn: ({ signal }) => call<Statistics>("/api/statistics", { signal }),
});

/** Updates the cached karma without a request. */
export function keepKarma(client: QueryClient, karma: (old: number) => number): void {
  client.setQueryData(meQuery.queryKey, (me) => (me?.user ? { ...me, user: { ...me.user, karma: karma(me.user.karma) } } : me));
}
