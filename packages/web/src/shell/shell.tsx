/** @file The frame around all pages: header, notices, and the effects that run on every page. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { keepKarma, meQuery } from "../http/queries.ts";
import { useOutbox, useOutboxNews } from "../outbox/context.tsx";
import { OutboxNotice } from "../outbox/notice.tsx";
import type { News } from "../outbox/outbox.ts";
import { Header } from "./header.tsx";
import { pageAt } from "./pages.ts";

/** Shows the open page within header and notices. */
export function Shell() {
  useOutboxOwner();
  useWhatAnswersChange();
  const main = useRef<HTMLElement>(null);
  const arrival = useArrival(main);
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
      <main ref={main} id="main" tabIndex={-1} className="flex w-full grow flex-col">
        <Outlet />
      </main>
      <p role="status" className="sr-only">
        {arrival}
      </p>
    </div>
  );
}

/** Tells the outbox who is signed in. When the person signs in or agrees, it sends the answers that waited for that. */
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

/** Updates the cached karma after a delivered answer. When an answer needs the person to sign in or agree, it loads again who is signed in. */
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

/** Moves the focus to each new page, so that a screen reader starts there. Returns the text to announce; empty on the first page. */
function useArrival(main: RefObject<HTMLElement | null>): string {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? state.location.pathname });
  const last = useRef(path);
  const [said, say] = useState("");
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    main.current?.focus({ preventScroll: true });
    say(`Page: ${pageAt(path).name}.`);
  }, [path, main]);
  return said;
}
