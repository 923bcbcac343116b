/** @file The best-of-n page: a prompt, many pictures of it, and the best of them large. */
import type { BestOf, BestOfOffer } from "@pickapic/server/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useCallback, useEffect } from "react";
import { Gate } from "../account/gate.tsx";
import { bestOfQuery } from "../http/queries.ts";
import { watchState } from "../http/watchState.ts";
import { usePageHead } from "../shell/head.ts";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { SimulatedNote } from "../shell/simulatedNote.tsx";
import { Empty, Failure, Loading, PageTitle } from "../shell/states.tsx";
import { BestOfForm } from "./form.tsx";
import { BestOfResult } from "./result.tsx";
import { goesOn } from "./words.ts";

/** The best-of-n page. It needs a person who has agreed, because prompts are stored for a day. */
export function BestOfPage() {
  usePageHead(PAGES.bestOf);
  return <Gate>{(_user, me) => <Tool simulated={me.simulatedWorld} />}</Gate>;
}

function Tool({ simulated }: { simulated: boolean }) {
  const { data: offer, error, refetch } = useQuery(bestOfQuery);
  const keep = useKeep();
  useFollowing(offer?.latest ?? null, keep);
  return (
    <Page>
      <PageTitle title={PAGES.bestOf.name}>
        Many pictures of one prompt, ranked as they come. They are yours alone: they enter neither your history nor the dataset,
        and are deleted after a day.
      </PageTitle>
      {offer ? (
        <Offered offer={offer} keep={keep} />
      ) : error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <Loading what="The page" />
      )}
      <SimulatedNote pictures={simulated} />
    </Page>
  );
}

function Offered({ offer, keep }: { offer: BestOfOffer; keep: (latest: BestOf) => void }) {
  if (offer.scorer === null)
    return (
      <Unavailable title="No scorer yet">
        <p>
          This server has no scorer that could say which picture is best. Its operator can give it one:{" "}
          <code className="rounded bg-sunken px-1.5 py-0.5 text-sm text-ink">pickapic serve --scorer pickscore-toy</code>, or a
          model of its own in the place of pickscore-toy.
        </p>
      </Unavailable>
    );
  if (offer.models.length === 0)
    return (
      <Unavailable title="No pictures to rank">
        <p>All pictures here were made earlier, so no new ones can be made.</p>
      </Unavailable>
    );
  const { latest } = offer;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6 pb-8">
      <BestOfForm offer={offer} keep={keep} />
      {latest && <BestOfResult key={latest.id} bestOf={latest} scorer={offer.scorer} keep={keep} />}
    </div>
  );
}

function Unavailable({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Empty icon="star" title={title}>
      {children}
      <Link to="/" search={{}} className="button button-primary">
        To the pairs
      </Link>
    </Empty>
  );
}

/** Returns what puts the latest best of n into the cache. An event that comes after another was started changes nothing. */
function useKeep(): (latest: BestOf) => void {
  const client = useQueryClient();
  return useCallback((latest) => client.setQueryData(bestOfQuery.queryKey, (offer) => offer && { ...offer, latest }), [client]);
}

/** Follows a best of n while its pictures come. */
function useFollowing(latest: BestOf | null, keep: (latest: BestOf) => void): void {
  const id = latest && goesOn(latest) ? latest.id : null;
  useEffect(() => (id === null ? undefined : watchState<BestOf>(`/api/best-of/${id}`, goesOn, keep)), [id, keep]);
}
