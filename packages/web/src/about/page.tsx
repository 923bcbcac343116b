/** @file The page about this site, and about what is done with the answers. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Markdown } from "../account/markdown.tsx";
import { Withdrawal } from "../account/withdrawal.tsx";
import { meQuery } from "../http/queries.ts";
import { usePageHead } from "../shell/head.ts";
import { Page } from "../shell/page.tsx";
import { PAGES } from "../shell/pages.ts";
import { PageTitle } from "../shell/states.tsx";

/** The page; open to everyone, signed in or not. */
export function AboutPage() {
  const { data: me } = useQuery(meQuery);
  usePageHead(PAGES.about);
  return (
    <Page>
      <PageTitle title={PAGES.about.name}>
        Pick-a-Pic collects what people like in generated pictures, as a dataset for everyone.
      </PageTitle>
      {me?.simulatedWorld && <ToyWorld />}
      <div className="columns-of-cards pb-10">
        <Topic title="How it works">
          <p>
            You write a prompt and see two pictures. You pick the better one, or say that they are equally good. Your pick stays,
            a new picture takes the place of the other one, and so on for as long as you like. A pair can be skipped, which counts
            as nothing.
          </p>
          <p>
            While you judge, you do not see which generator painted what: otherwise people pick names, not pictures. Your history
            names them when you finish a prompt. From then on none of its pairs can be answered, and no answer to it can be taken
            back. Left and right are drawn by lot each time.
          </p>
        </Topic>
        <Topic title="Your answers are safe">
          <p>
            An answer is written down on your device before it is sent, and taken off only when the server has confirmed that it
            is stored. You may lose your connection or close the page: it is sent later, and counted once. (Where a browser stores
            nothing, the page says so.)
          </p>
          <p>
            An answer that comes within a third of a second of its pictures was given without looking. The page takes none so
            early. One that comes all the same, from a program for example, is kept in its sender’s history and counts in nothing.
          </p>
          <p>
            A guest is known by a cookie of this browser only. Who signs out as a guest, or deletes the cookie, cannot get back to
            the answers.
          </p>
        </Topic>
        <Topic title="What it is for">
          <p>
            All answers together are a dataset: prompt, two pictures, one preference. Here they rate the generators (
            <Link to="/leaderboard" className="link">
              leaderboard
            </Link>
            ). Outside of these pages, a scorer named PickScore is trained on the dataset: it predicts which picture people would
            like better, measures generators and picks the best of many pictures. The idea and the method are those of{" "}
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
            <Withdrawal me={me} />
          </Topic>
        )}
        <Topic title="Pictures that should not be here">
          <p>
            The button “Report” beside each pair tells whoever runs this site about a picture that offends, shows a real person or
            is broken. You get another pair at once.
          </p>
        </Topic>
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
    </Page>
  );
}

function ToyWorld() {
  return (
    <section className="card mb-5 grid gap-3 border-accent bg-accent-soft p-5">
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
    <section className="card grid grid-cols-[minmax(0,1fr)] gap-3 p-5 leading-relaxed">
      <h2 className="text-xl font-bold">{title}</h2>
      {children}
    </section>
  );
}
