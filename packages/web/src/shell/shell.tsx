/** @file The frame around all pages: header, notices, and what is true everywhere (who is signed in, what waits to be sent). */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";
import { keepKarma, meQuery } from "../http/queries.ts";
import { useOutbox, useOutboxNews } from "../outbox/context.tsx";
import { OutboxNotice } from "../outbox/notice.tsx";
import type { News } from "../outbox/outbox.ts";
import { Header } from "./header.tsx";

export function Shell() {
  useOutboxOwner();
  useWhatAnswersChange();
  const main = useFocusOnNewPage();
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-20 focus:m-2 focus:rounded-lg focus:bg-surface focus:p-3"
      >
        Skip to content
      </a>
      <Header />
      <OutboxNotice />
      <main
        ref={main}
        id="main"
        tabIndex={-1}
        className="mx-auto flex w-full max-w-6xl grow flex-col px-4 pt-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-6"
      >
        <Outlet />
      </main>
    </div>
  );
}

/** The outbox sends as the person who is signed in; what waited for an agreement goes out when it is given. */
function useOutboxOwner(): void {
  const outbox = useOutbox();
  const { data: me } = useQuery(meQuery);
  const owner = me?.user?.id;
  const agreed = me?.user?.consentVersion;
  const known = me !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new agreement is a reason to send what was refused without it
  useEffect(() => {
    if (known) void outbox.setOwner(owner ?? null);
  }, [outbox, known, owner, agreed]);
}

/** A delivered answer changes karma and history; one that needs the person asks who is signed in. */
function useWhatAnswersChange(): void {
  const client = useQueryClient();
  const hear = useCallback(
    (news: News) => {
      if (news.kind === "delivered") keepKarma(client, () => news.reply.karma);
      if (news.kind === "delayed" && news.needsPerson) void client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
    [client],
  );
  useOutboxNews(hear);
}

/** Moves the focus to the new page, so that a screen reader starts there; not on the first page. */
function useFocusOnNewPage() {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? state.location.pathname });
  const last = useRef(path);
  useEffect(() => {
    if (last.current !== path) main.current?.focus({ preventScroll: true });
    last.current = path;
  }, [path]);
  return main;
}
