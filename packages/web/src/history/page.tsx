/** @file What the person has judged, latest first, with the generators revealed. */
import type { HistoryItem, RevealedImage } from "@pickapic/server/api";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Gate } from "../account/gate.tsx";
import { historyQuery } from "../http/queries.ts";
import { Icon } from "../shell/icons.tsx";
import { Empty, Failure, Loading, PageTitle } from "../shell/states.tsx";
import { fileNameFor, groupByPrompt } from "./groups.ts";

export function HistoryPage() {
  return (
    <Gate>
      {(_user, me) => (
        <>
          <PageTitle title="My history">
            What you picked, latest first, with the names of the generators. A picture that is still in play is named after its
            next pair. {me.simulatedWorld && "Simulated pictures from the toy world."}
          </PageTitle>
          <Answers />
        </>
      )}
    </Gate>
  );
}

function Answers() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(historyQuery);
  if (!data) return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading what="Your history" />;
  const groups = groupByPrompt(data.pages.flatMap((page) => page.items));
  if (groups.length === 0) return <Nothing />;
  return (
    <div className="grid gap-8 pb-10">
      {groups.map((group) => (
        <section key={group.items[0]!.ranking} aria-label={group.prompt} className="grid gap-3">
          <h2 className="text-xl font-bold break-words">“{group.prompt}”</h2>
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

const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function Answer({ item }: { item: HistoryItem }) {
  return (
    <li data-testid="history-item" className="card grid grid-rows-[1fr_auto] gap-2 p-3">
      <div className="grid grid-cols-2 gap-3">
        <Picture image={item.left} item={item} won={item.choice === "left"} />
        <Picture image={item.right} item={item} won={item.choice === "right"} />
      </div>
      <p className="flex justify-between gap-2 px-1 text-sm text-muted">
        <span>{item.choice === "tie" ? "Equally good" : `You picked the ${item.choice} one`}</span>
        <time dateTime={item.createdAt}>{time.format(new Date(item.createdAt))}</time>
      </p>
    </li>
  );
}

/** A picture that is in a pair which waits for an answer has no name yet: the next judgement stays blind. */
const madeBy = ({ model }: RevealedImage): string => (model ? `Picture by ${model}` : "Picture by a model not named yet");

function Picture({ image, item, won }: { image: RevealedImage; item: HistoryItem; won: boolean }) {
  const dimmed = !won && item.choice !== "tie";
  return (
    <figure className="grid min-w-0 content-start gap-1.5">
      <div className={`relative aspect-square overflow-hidden rounded-xl bg-sunken ${won ? "ring-3 ring-accent" : ""}`}>
        <img
          src={image.url}
          alt={`${madeBy(image)} for “${item.prompt}”${won ? ", the one you picked" : ""}`}
          loading="lazy"
          className={`size-full object-contain ${dimmed ? "opacity-60" : ""}`}
        />
        {won && (
          <span className="absolute top-1.5 right-1.5 grid size-8 place-items-center rounded-full bg-accent text-on-accent">
            <Icon name="check" size={18} />
          </span>
        )}
      </div>
      <figcaption className="flex items-start justify-between gap-1 pl-1">
        <span className="min-w-0">
          <strong className="block truncate font-semibold">{image.model ?? "Still in play"}</strong>
          <span className="block text-sm text-muted tabular-nums">
            {image.guidanceScale === null ? "named later" : `guidance ${image.guidanceScale.toFixed(1)}`}
          </span>
        </span>
        <a
          href={image.url}
          download={fileNameFor(item.prompt, image)}
          aria-label={`Download: ${madeBy(image)}`}
          className="button button-quiet size-11 shrink-0 px-0"
        >
          <Icon name="download" size={18} />
        </a>
      </figcaption>
    </figure>
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
