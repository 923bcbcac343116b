/** @file The leaderboard: ratings of the generators with their intervals, on one scale. */
import type { Leaderboard, LeaderboardRow } from "@pickapic/server/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { leaderboardQuery, meQuery } from "../http/queries.ts";
import { usePageHead } from "../shell/head.ts";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { SimulatedNote } from "../shell/simulatedNote.tsx";
import { Empty, Failure, Loading, PageTitle } from "../shell/states.tsx";
import { percentOn, ratingScale, type Scale } from "./scale.ts";

/** The leaderboard page. It needs no sign-in. */
export function LeaderboardPage() {
  const { data, error, refetch } = useQuery(leaderboardQuery);
  usePageHead(PAGES.leaderboard);
  return (
    <Page>
      <PageTitle title={PAGES.leaderboard.name}>
        Which generator do people prefer? A bar is where the true rating lies with 95&nbsp;% confidence.
      </PageTitle>
      {data ? (
        <Ratings board={data} />
      ) : error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <Loading what="The leaderboard" />
      )}
    </Page>
  );
}

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function Ratings({ board }: { board: Leaderboard }) {
  const { data: me } = useQuery(meQuery);
  if (board.models.length === 0) {
    return (
      <Empty icon="star" title="No ratings yet">
        <p>{board.reason ?? "They appear after the first answers about two different generators."}</p>
        <Link to="/" className="button button-primary">
          Be the first to pick
        </Link>
      </Empty>
    );
  }
  const scale = ratingScale(board.models.flatMap(({ low, high }) => (low === null || high === null ? [] : [{ low, high }])));
  return (
    <div className="grid gap-4 pb-10">
      <div className="card overflow-hidden">
        <table className="w-full border-collapse text-left">
          <caption className="sr-only">Generators by rating, strongest first</caption>
          <thead>
            <tr className="border-b border-line text-sm text-muted [&>th]:px-3 [&>th]:py-3 [&>th]:font-semibold sm:[&>th]:px-5">
              <th scope="col" className="w-full md:w-auto">
                Generator
              </th>
              <th scope="col" className="text-right">
                Rating
              </th>
              <th scope="col" className="hidden w-2/5 md:table-cell">
                <Ticks scale={scale} />
              </th>
              <th scope="col" className="text-right">
                Wins
              </th>
              <th scope="col" className="hidden text-right sm:table-cell">
                Pairs
              </th>
            </tr>
          </thead>
          <tbody>
            {board.models.map((row) => (
              <Row key={row.model} row={row} scale={scale} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="max-w-3xl text-sm text-muted">
        {unbroken([...board.remarks, board.method].join(" "))} From {whole.format(board.rankings)} answers,{" "}
        {time.format(new Date(board.updatedAt))}. A rank such as 1–3 means that the answers leave these ranks open. “Wins” is the
        share of pairs won, a tie counts as half; it depends on whom a generator met, and the rating does not. It is not shown for
        a generator that few answers speak of.
      </p>
      <p className="flex flex-wrap gap-x-6 gap-y-1">
        <a href="/api/leaderboard" download="pick-a-pic-leaderboard.json" className="link min-h-6">
          Download these figures
        </a>
        <Link to="/statistics" className="link min-h-6">
          Wins by guidance, answers by day
        </Link>
      </p>
      <SimulatedNote pictures={me?.simulatedWorld ?? false} answers={board} />
    </div>
  );
}

/** Keeps each number on the line of its %. */
const unbroken = (text: string): string => text.replaceAll(/(\d) %/g, "$1\u00a0%");

/** The rank of a generator, such as "2", or "2–4" when the answers do not decide between these ranks. */
function ranksOf({ rankRange: { low, high } }: LeaderboardRow): string {
  return low === high ? `${low}` : `${low}–${high}`;
}

function Row({ row, scale }: { row: LeaderboardRow; scale: Scale }) {
  const interval = row.low === null || row.high === null ? null : { low: row.low, high: row.high };
  const said = interval && `${whole.format(interval.low)} to ${whole.format(interval.high)}`;
  const title = `${row.model}: ${whole.format(row.rating)}, ${said}`;
  const barOrReason = interval ? (
    <IntervalBar rating={row.rating} {...interval} scale={scale} title={title} />
  ) : (
    <span className="block text-sm text-muted">{row.reason}</span>
  );
  return (
    <>
      <tr
        data-testid="leaderboard-row"
        className="tabular-nums md:border-b md:border-line md:last:border-0 [&>*]:px-3 [&>*]:pt-4 sm:[&>*]:px-5 md:[&>*]:pb-4"
      >
        <th scope="row" className="font-semibold">
          <span className="flex gap-2 sm:gap-3">
            <span className="shrink-0 whitespace-nowrap text-muted">{ranksOf(row)}</span>
            <span className="min-w-18 grow wrap-anywhere sm:min-w-32">{row.model}</span>
          </span>
        </th>
        <td className="text-right">
          <strong className="text-lg font-bold">{whole.format(row.rating)}</strong>
          {said && <span className="block text-sm whitespace-nowrap text-muted">{said}</span>}
        </td>
        <td className="hidden md:table-cell">{barOrReason}</td>
        <td className="text-right">{row.winRate === null ? "–" : percent.format(row.winRate)}</td>
        <td className="hidden text-right text-muted sm:table-cell">{whole.format(row.games)}</td>
      </tr>
      {/* In a narrow window the bar, or the reason why there is none, gets a line of its own that is as wide as the table. */}
      <tr className="border-b border-line last:border-0 md:hidden">
        <td colSpan={4} className="px-3 pb-3 sm:px-5">
          {barOrReason}
          {interval && <Ends scale={scale} />}
        </td>
      </tr>
    </>
  );
}

/** The first and the last rating of the scale, below a bar that has no scale above it. */
function Ends({ scale }: { scale: Scale }) {
  return (
    <span aria-hidden="true" className="flex justify-between text-xs text-muted tabular-nums">
      <span>{whole.format(scale.from)}</span>
      <span>{whole.format(scale.to)}</span>
    </span>
  );
}

interface BarProps {
  rating: number;
  low: number;
  high: number;
  scale: Scale;
  title: string;
}

/** Draws a rating and its interval. Screen readers skip it, because the cells beside it have the same figures. */
function IntervalBar({ rating, low, high, scale, title }: BarProps) {
  const start = percentOn(scale, low);
  return (
    <span className="relative block h-8" aria-hidden="true" title={title}>
      {scale.ticks.map((tick) => (
        <span key={tick} className="absolute inset-y-0 w-px bg-line" style={{ left: `${percentOn(scale, tick)}%` }} />
      ))}
      <span
        className="absolute top-1/2 h-3 -translate-y-1/2 rounded-full bg-accent/30"
        style={{ left: `${start}%`, width: `${percentOn(scale, high) - start}%` }}
      />
      <span
        className="absolute top-1/2 h-5 w-1 -translate-1/2 rounded-full bg-accent"
        style={{ left: `${percentOn(scale, rating)}%` }}
      />
    </span>
  );
}

function Ticks({ scale }: { scale: Scale }) {
  return (
    <div className="relative h-5 font-normal">
      <span className="sr-only">Interval</span>
      {scale.ticks.map((tick) => (
        <span key={tick} aria-hidden="true" className="absolute -translate-x-1/2" style={{ left: `${percentOn(scale, tick)}%` }}>
          {tick}
        </span>
      ))}
    </div>
  );
}
