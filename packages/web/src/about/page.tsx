/** @file What this is, and what becomes of the answers. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Markdown } from "../account/markdown.tsx";
import { meQuery } from "../http/queries.ts";
import { PageTitle } from "../shell/states.tsx";

export function AboutPage() {
  const { data: me } = useQuery(meQuery);
  return (
    <>
      <PageTitle title="About">Pick-a-Pic collects what people like in generated pictures, and gives it to everyone.</PageTitle>
      <div className="grid items-start gap-5 pb-10 lg:grid-cols-2">
        {me?.simulatedWorld && <ToyWorld />}
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

function ToyWorld() {
  return (
    <section className="card grid gap-3 border-accent bg-accent-soft p-5 lg:col-span-2">
      <h2 className="text-xl font-bold">These pictures are simulated</h2>
      <p className="max-w-3xl">
        This server paints in the toy world: a program draws vector icons that match your prompt more or less well, as real image
        generators do. Its generators, toy-xl and the others, are invented. It needs no network and no graphics card, and stands
        in for real generators until the operator connects some. All the rest is real: your answers, the ratings, the dataset.
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
