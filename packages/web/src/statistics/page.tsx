/** @file The statistics page: how many answers there are, how fast they were given, and what people prefer. */
import type { Statistics } from "@pickapic/server/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { meQuery, statisticsQuery } from "../http/queries.ts";
import { usePageHead } from "../shell/head.ts";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { SimulatedNote } from "../shell/simulatedNote.tsx";
import { Empty, Failure, Loading, PageTitle } from "../shell/states.tsx";
import { AnswersPerDay, GuidanceAndWins } from "./plots.tsx";

/** The statistics page. It needs no sign-in. */
export function StatisticsPage() {
  const { data, error, refetch } = useQuery(statisticsQuery);
  usePageHead(PAGES.statistics);
  return (
    <Page>
      <PageTitle title={PAGES.statistics.name}>What has been judged here so far.</PageTitle>
      {data ? (
        <Figures statistics={data} />
      ) : error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <Loading what="The statistics" />
      )}
    </Page>
  );
}

const whole = new Intl.NumberFormat();
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const seconds = new Intl.NumberFormat(undefined, { style: "unit", unit: "second", maximumFractionDigits: 1 });

function Figures({ statistics }: { statistics: Statistics }) {
  const { data: me } = useQuery(meQuery);
  if (statistics.rankings === 0) {
    return (
      <Empty icon="star" title="Nothing to count yet">
        <p>Figures and plots appear with the first answers.</p>
        <Link to="/" className="button button-primary">
          Give the first
        </Link>
      </Empty>
    );
  }
  return (
    <div className="grid gap-5 pb-10">
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
        <Tile name="Answers" value={whole.format(statistics.rankings)} />
        <Tile name="Ties" value={statistics.tieShare === null ? "too few" : percent.format(statistics.tieShare)} />
        <Tile
          name="Median time"
          value={statistics.medianAnswerMs === null ? "–" : seconds.format(statistics.medianAnswerMs / 1000)}
        />
        <Tile name="Prompts" value={whole.format(statistics.prompts)} />
        <Tile name="Pictures" value={whole.format(statistics.images)} />
        <Tile name="People" value={whole.format(statistics.users)} />
      </dl>
      <div className="grid gap-5 lg:grid-cols-2">
        <Panel
          title="Guidance and wins"
          note="Share of pairs won by guidance scale, with 95&nbsp;% intervals that allow for how people differ; where fewer than 30 pairs are judged, no share is shown. Above the line: wins more than it loses."
        >
          <GuidanceAndWins statistics={statistics} />
        </Panel>
        <Panel title="Answers per day" note="Days in UTC.">
          <AnswersPerDay statistics={statistics} />
        </Panel>
      </div>
      {statistics.topWords.length > 0 && <Words words={statistics.topWords} />}
      <SimulatedNote pictures={me?.simulatedWorld ?? false} answers={statistics} />
    </div>
  );
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <div className="card flex flex-col-reverse px-4 py-3">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="font-display text-2xl font-bold tabular-nums sm:text-3xl">{value}</dd>
    </div>
  );
}

function Panel({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section className="card grid min-w-0 content-start gap-1 p-5">
      <h2 className="text-xl font-bold">{title}</h2>
      {note && <p className="mb-2 text-sm text-muted">{note}</p>}
      {children}
    </section>
  );
}

function Words({ words }: { words: Statistics["topWords"] }) {
  return (
    <Panel title="What people ask for" note="The words that most prompts hold.">
      <ul className="flex min-w-0 flex-wrap gap-2">
        {words.map(({ word, prompts }) => (
          <li key={word} className="flex min-w-0 max-w-full items-baseline gap-1.5 rounded-full bg-sunken px-3 py-1">
            <span className="min-w-0 truncate" title={word}>
              {word}
            </span>
            <span className="text-sm text-muted tabular-nums">{whole.format(prompts)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
