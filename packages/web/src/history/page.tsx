/** @file What the person has judged, latest first, with the generators named as soon as that spoils no later answer. */
import type { User } from "@pickapic/server/api";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { hasWithdrawn } from "../account/consent.tsx";
import { DownloadAnswers } from "../account/downloadAnswers.tsx";
import { Gate } from "../account/gate.tsx";
import { type HistoryFilter, historyQuery } from "../http/queries.ts";
import { usePageHead } from "../shell/head.ts";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { Empty, Failure, Loading, PageTitle } from "../shell/states.tsx";
import { Answer } from "./answer.tsx";
import { Filters } from "./filters.tsx";
import { groupByPrompt } from "./groups.ts";

/** Also for those who withdrew their agreement: their answers stay theirs. */
export function HistoryPage() {
  usePageHead(PAGES.history);
  return (
    <Gate needs="signed-in">
      {(user, me) => (
        <Page>
          <PageTitle title={PAGES.history.name}>
            What you picked, latest first, with the names of the generators. A picture that may still be judged is named later.{" "}
            {me.simulatedWorld && "Simulated pictures from the toy world."}
          </PageTitle>
          {hasWithdrawn(user) && <WithdrawnNote />}
          <History user={user} />
        </Page>
      )}
    </Gate>
  );
}

function WithdrawnNote() {
  return (
    <p className="mb-5 rounded-xl bg-warn-soft p-4 text-warn">
      You withdrew your agreement: none of these answers will be in a later release.{" "}
      <Link to="/about" className="font-semibold underline underline-offset-3">
        Take it back
      </Link>
    </p>
  );
}

function History({ user }: { user: User }) {
  const [filter, setFilter] = useState<HistoryFilter>({ search: "", choice: null });
  const filtered = filter.search !== "" || filter.choice !== null;
  return (
    <>
      <div className="mb-6 flex flex-wrap items-end justify-between gap-3">
        <Filters filter={filter} change={setFilter} />
        {user.karma > 0 && <DownloadAnswers />}
      </div>
      <Answers filter={filter} filtered={filtered} mayGoOn={!hasWithdrawn(user)} />
    </>
  );
}

interface AnswersProps {
  filter: HistoryFilter;
  /** True when the filter leaves something out. */
  filtered: boolean;
  /** Rounds can be gone on with. */
  mayGoOn: boolean;
}

function Answers({ filter, filtered, mayGoOn }: AnswersProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(historyQuery(filter));
  if (!data) return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="Your history" />;
  const groups = groupByPrompt(data.pages.flatMap((page) => page.items));
  if (groups.length === 0) return filtered ? <NoneFound /> : <Nothing />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8 pb-10">
      {groups.map((group) => (
        <section key={group.key} aria-label={group.prompt} className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
            <h2 className="text-xl font-bold wrap-anywhere" dir="auto">
              “{group.prompt}”
            </h2>
            {mayGoOn && (
              <Link to="/" search={{ round: group.round }} className="link min-h-6 shrink-0">
                Go on with this prompt
              </Link>
            )}
          </div>
          <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
            {group.items.map((item) => (
              <Answer key={item.ranking} item={item} />
            ))}
          </ul>
        </section>
      ))}
      {hasNextPage && <More busy={isFetchingNextPage} more={() => void fetchNextPage()} />}
    </div>
  );
}

function Nothing() {
  return (
    <Empty icon="star" title="Nothing here yet">
      <p>Your picks will be listed here, with the generators that painted them.</p>
      <Link to="/" className="button button-primary">
        Pick your first
      </Link>
    </Empty>
  );
}

function NoneFound() {
  return (
    <Empty icon="search" title="No such answers">
      <p>None of your answers fits. Please try other words, or all answers.</p>
    </Empty>
  );
}

/** Loads the next page when it comes into view; the button is for those who do not scroll. */
function More({ busy, more }: { busy: boolean; more: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const latest = useRef(more);
  useEffect(() => {
    latest.current = more;
  });
  useEffect(() => {
    const watcher = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && latest.current(), {
      rootMargin: "600px",
    });
    if (button.current && !busy) watcher.observe(button.current);
    return () => watcher.disconnect();
  }, [busy]);
  return (
    <button ref={button} type="button" className="button button-plain justify-self-center" disabled={busy} onClick={more}>
      {busy ? "Loading…" : "Show more"}
    </button>
  );
}
