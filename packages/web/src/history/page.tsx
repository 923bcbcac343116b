/** @file The history: the person's own answers, latest first. Generators are named only when their names cannot influence a later answer. */
import type { Round, User } from "@pickapic/server/api";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { hasWithdrawn } from "../account/consent.tsx";
import { DownloadAnswers } from "../account/downloadAnswers.tsx";
import { Gate } from "../account/gate.tsx";
import { call, sentenceOf } from "../http/client.ts";
import { type HistoryFilter, historyQuery, roundQuery } from "../http/queries.ts";
import { forgetRecent } from "../judge/prompt/recent.ts";
import { usePageHead } from "../shell/head.ts";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { Empty, Failure, Loading, PageTitle } from "../shell/states.tsx";
import { Answer } from "./answer.tsx";
import { Filters } from "./filters.tsx";
import { groupByPrompt, type PromptGroup } from "./groups.ts";

/** The history page. It is also open to people who withdrew their consent, because they may still see their own answers. */
export function HistoryPage() {
  usePageHead(PAGES.history);
  return (
    <Gate needs="signed-in">
      {(user, me) => (
        <Page>
          <PageTitle title={PAGES.history.name}>
            What you picked, latest first. The generators of a prompt are named when you finish it: as long as its pictures can
            still be judged, or an answer be taken back, their names would tell too much.{" "}
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
  /** True when the filter excludes anything. */
  filtered: boolean;
  /** Whether rounds may be continued. */
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
            <WaysOn group={group} mayGoOn={mayGoOn} />
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

/** The actions for the prompt of a group: judge more pairs, or finish it to see its generators. For a finished one: write the prompt again. */
function WaysOn({ group: { round, items }, mayGoOn }: { group: PromptGroup; mayGoOn: boolean }) {
  const finish = useFinish(round);
  if (items.every(({ left, right }) => left.model !== null && right.model !== null)) {
    if (!mayGoOn) return null;
    return (
      <Link to="/" search={{ from: round }} className="link min-h-6 shrink-0">
        Write this prompt again
      </Link>
    );
  }
  return (
    <span className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
      {mayGoOn && (
        <Link to="/" search={{ round }} className="link min-h-6 shrink-0">
          Go on with this prompt
        </Link>
      )}
      <button
        type="button"
        data-testid="finish"
        className="button button-plain"
        disabled={finish.isPending}
        onClick={() => finish.mutate()}
      >
        Finish and name the generators
      </button>
      {finish.error && (
        <span role="alert" className="text-warn">
          {sentenceOf(finish.error)}
        </span>
      )}
    </span>
  );
}

/** Finishes a round, which cannot be undone, and reloads the history, which then names its generators. */
function useFinish(round: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call<Round>(`/api/rounds/${round}/finish`, { method: "POST" }),
    onSuccess: async (finished) => {
      forgetRecent(round);
      client.setQueryData(roundQuery(round).queryKey, finished);
      await client.invalidateQueries({ queryKey: ["history"] });
    },
  });
}

function Nothing() {
  return (
    <Empty icon="star" title="Nothing here yet">
      <p>Your picks will be listed here. Finish a prompt, and you learn which generators painted its pictures.</p>
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

/** Loads the next page when it comes into view; the button is for people who do not scroll. */
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
