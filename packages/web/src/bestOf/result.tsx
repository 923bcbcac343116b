/** @file The pictures of a best of n: one large, all of them in a strip by rank, and what can be done with them. */
import type { BestOf, ScoredPicture } from "@pickapic/server/api";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call, sentenceOf } from "../http/client.ts";
import { fileNameOf } from "../shell/fileName.ts";
import { Icon } from "../shell/icons.tsx";
import { ProgressBar } from "../shell/progressBar.tsx";
import { goesOn, sentenceAbout } from "./words.ts";

interface BestOfResultProps {
  bestOf: BestOf;
  /** The name of the scorer. */
  scorer: string;
  /** Is given the best of n after it was stopped. */
  keep(latest: BestOf): void;
}

/** Shows the best picture large until the person chooses another one of the strip. */
export function BestOfResult({ bestOf, scorer, keep }: BestOfResultProps) {
  const [chosen, choose] = useState<string | null>(null);
  const { images, id, prompt } = bestOf;
  const shown = images.find(({ url }) => url === chosen) ?? images[0];
  const rank = shown ? images.indexOf(shown) + 1 : 0;
  const over = !goesOn(bestOf);
  return (
    <section aria-label="Pictures by rank" className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Standing bestOf={bestOf} keep={keep} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        {shown ? (
          <Large picture={shown} rank={rank} over={over} prompt={prompt} model={bestOf.model} scorer={scorer} id={id} />
        ) : (
          <div
            className={`aspect-square max-h-[65dvh] w-full rounded-2xl ${over ? "bg-sunken" : "painting"}`}
            aria-hidden="true"
          />
        )}
        <Strip bestOf={bestOf} shown={shown} choose={choose} />
      </div>
    </section>
  );
}

/** How far it is, and the button that stops it. */
function Standing({ bestOf, keep }: { bestOf: BestOf; keep: (latest: BestOf) => void }) {
  const stop = useMutation({
    mutationFn: () => call<BestOf>(`/api/best-of/${bestOf.id}/stop`, { method: "POST" }),
    onSuccess: keep,
  });
  const sentence = sentenceAbout(bestOf);
  const over = !goesOn(bestOf);
  return (
    <div className="grid gap-2">
      <div className="flex min-h-11 flex-wrap items-center justify-between gap-2">
        <p data-testid="best-of-standing" className={bestOf.state === "failed" ? "font-medium text-danger" : "font-medium"}>
          {sentence}
        </p>
        {!over && (
          <button
            type="button"
            data-testid="best-of-stop"
            className="button button-plain"
            disabled={stop.isPending}
            onClick={() => stop.mutate()}
          >
            Stop here
          </button>
        )}
      </div>
      {!over && <ProgressBar fraction={bestOf.fraction} sentence={sentence} />}
      {stop.error && (
        <p role="alert" className="font-medium text-danger">
          {sentenceOf(stop.error)}
        </p>
      )}
      {/* Only the end is announced: each picture would be too much. */}
      <p role="status" className="sr-only">
        {over ? sentence : ""}
      </p>
    </div>
  );
}

interface LargeProps {
  picture: ScoredPicture;
  rank: number;
  /** True when no more pictures come. */
  over: boolean;
  prompt: string;
  model: string;
  scorer: string;
  id: string;
}

const two = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const one = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

function Large({ picture, rank, over, prompt, model, scorer, id }: LargeProps) {
  const { url, width, height, score, guidanceScale, seed, steps } = picture;
  const name = fileNameOf(prompt);
  const settings = [
    ["Model", model],
    ["Guidance", guidanceScale === null ? null : one.format(guidanceScale)],
    ["Steps", steps === null ? null : `${steps}`],
    ["Seed", seed === null ? null : `${seed}`],
    ["Scorer", scorer],
  ].filter(([, value]) => value !== null);
  return (
    <figure className="grid grid-cols-[minmax(0,1fr)] content-start gap-3">
      <img
        data-testid="best-of-large"
        src={url}
        width={width}
        height={height}
        alt={`Rank ${rank}: ${prompt}`}
        className="max-h-[65dvh] w-full rounded-2xl bg-sunken object-contain"
      />
      <figcaption className="grid grid-cols-[minmax(0,1fr)] gap-3">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <strong className="text-lg">{rank > 1 ? `Rank ${rank}` : over ? "The best" : "The best so far"}</strong>
          <span className="text-muted tabular-nums">score {two.format(score)}</span>
        </p>
        <dl className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
          {settings.map(([label, value]) => (
            <div key={label} className="flex min-w-0 gap-1.5">
              <dt className="text-muted">{label}</dt>
              <dd className="min-w-0 wrap-anywhere tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
        <div className="flex flex-wrap gap-2">
          <a href={url} download={`${name}-rank-${rank}.jpg`} data-testid="best-of-download" className="button button-primary">
            <Icon name="download" size={18} />
            Picture
          </a>
          <a href={`/api/best-of/${id}`} download={`${name}.json`} className="button button-plain">
            <Icon name="download" size={18} />
            Settings and scores
          </a>
        </div>
      </figcaption>
    </figure>
  );
}

interface StripProps {
  bestOf: BestOf;
  /** The picture that is shown large. */
  shown: ScoredPicture | undefined;
  choose(url: string): void;
}

/** All pictures by rank, and grey places for those that are still to come. */
function Strip({ bestOf, shown, choose }: StripProps) {
  const { images, n, failed } = bestOf;
  const coming = goesOn(bestOf) ? Math.max(0, n - images.length - failed) : 0;
  return (
    <ol className="grid grid-cols-[repeat(auto-fill,minmax(4.75rem,1fr))] content-start gap-2" data-testid="best-of-strip">
      {images.map(({ url, width, height, score }, i) => (
        <li key={url}>
          <button
            type="button"
            aria-pressed={url === shown?.url}
            onClick={() => choose(url)}
            className="grid w-full gap-1 rounded-xl p-1 text-xs tabular-nums hover:bg-sunken aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
          >
            <img
              src={url}
              width={width}
              height={height}
              alt=""
              loading="lazy"
              className="aspect-square w-full rounded-lg bg-sunken object-cover"
            />
            <span className="flex flex-wrap justify-between gap-x-1 px-0.5">
              <span className="font-bold">
                <span className="sr-only">Rank </span>
                {i + 1}
              </span>
              <span>
                <span className="sr-only">, score </span>
                {two.format(score)}
                <span className="sr-only">: show it large</span>
              </span>
            </span>
          </button>
        </li>
      ))}
      {Array.from({ length: coming }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: grey places are all alike
        <li key={i} aria-hidden="true" className="p-1">
          <div className="skeleton aspect-square" />
          <span className="block h-5" />
        </li>
      ))}
    </ol>
  );
}
