/** @file What this is, and what becomes of the answers. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Markdown } from "../account/markdown.tsx";
import { useWithdrawal } from "../account/session.ts";
import { sentenceOf } from "../http/client.ts";
import { meQuery } from "../http/queries.ts";
import { PageTitle } from "../shell/states.tsx";

export function AboutPage() {
  const { data: me } = useQuery(meQuery);
  return (
    <>
      <PageTitle title="About">Pick-a-Pic collects what people like in generated pictures, and gives it to everyone.</PageTitle>
      {me?.simulatedWorld && <ToyWorld />}
      <div className="columns-of-cards pb-10">
        <Topic title="How it works">
          <p>
            You write a prompt and see two pictures. You pick the better one, or say that they are equally good. The one that you
            did not pick is replaced by a new picture, the other stays, and so on for as long as you like.
          </p>
          <p>
            You do not see which generator painted what until you have answered: otherwise people pick names, not pictures. Left
            and right are drawn by lot each time.
          </p>
        </Topic>
        <Topic title="Your answers are safe">
          <p>
            An answer is written down on your device before it is sent, and taken off only when the server has confirmed that it
            is stored. You may lose your connection or close the page: it is sent later, and counted once.
          </p>
        </Topic>
        <Topic title="What it is for">
          <p>
            All answers together are a dataset: prompt, two pictures, one preference. From it a scorer named PickScore learns to
            tell which picture people would like better; it measures generators (
            <Link to="/leaderboard" className="link">
              leaderboard
            </Link>
            ) and picks the best of many pictures. The idea and the method are those of{" "}
            <a className="link" href="https://arxiv.org/abs/2305.01569" rel="noreferrer">
              Kirstain and others, 2023
            </a>
            .
          </p>
        </Topic>
        {me && (
          <Topic title="What is released">
            <Markdown text={me.consent.text.replace(/^## .*\n/, "")} />
            <p className="text-sm text-muted">Version {me.consent.version}</p>
            {me.user?.consentVersion && <Withdrawal />}
          </Topic>
        )}
        <Topic title="For programs">
          <p>
            All that these pages do goes through an open interface, described in{" "}
            <a className="link" href="/api/openapi.json">
              /api/openapi.json
            </a>
            .
          </p>
        </Topic>
      </div>
    </>
  );
}

/** Asked twice: it takes all answers of this person out of later releases. */
function Withdrawal() {
  const [asked, setAsked] = useState(false);
  const withdrawal = useWithdrawal();
  if (!asked) {
    return (
      <button type="button" className="button button-plain justify-self-start" onClick={() => setAsked(true)}>
        Withdraw my agreement…
      </button>
    );
  }
  return (
    <div className="grid gap-3 rounded-xl bg-warn-soft p-4 text-warn">
      <p>
        From now on none of your answers, old or new, will be in a release. Before you pick again you will be asked to agree
        again; then all of them count again.
      </p>
      {withdrawal.error && <p role="alert">{sentenceOf(withdrawal.error)}</p>}
      <div className="flex flex-wrap gap-3">
        <button
          type="button"
          data-testid="consent-withdraw"
          className="button button-plain text-ink"
          disabled={withdrawal.isPending}
          onClick={() => withdrawal.mutate()}
        >
          Yes, withdraw
        </button>
        <button type="button" className="button" onClick={() => setAsked(false)}>
          Keep it
        </button>
      </div>
    </div>
  );
}

function ToyWorld() {
  return (
    <section className="card grid gap-3 border-accent bg-accent-soft mb-5 p-5">
      <h2 className="text-xl font-bold">These pictures are simulated</h2>
      <p className="max-w-3xl">
        This server paints in the toy world: a program draws vector icons that match your prompt more or less well, as real image
        generators do. Its generators, toy-xl and the others, are invented. It needs no network and no graphics card, and stands
        in for real generators until the operator connects some. All the rest is real: your answers, the ratings, the dataset.
        Where a page says so, simulated people judged as well: programs with a taste, and the dataset marks each of their answers.
      </p>
    </section>
  );
}

function Topic({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card grid gap-3 p-5 leading-relaxed">
      <h2 className="text-xl font-bold">{title}</h2>
      {children}
    </section>
  );
}
