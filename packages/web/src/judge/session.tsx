/** @file One round on screen: the prompt, the pair, and what can be done with it. */
import type { Choice, Round } from "@pickapic/server/api";
import { Link } from "@tanstack/react-router";
import { type RefObject, useEffect, useRef } from "react";
import { Refusal } from "../http/client.ts";
import { Icon } from "../shell/icons.tsx";
import { SimulatedNote } from "../shell/simulated-note.tsx";
import { Empty, Failure } from "../shell/states.tsx";
import { HelpDialog } from "./help.tsx";
import { type Judging, mayChoose, mayUndo } from "./judging.ts";
import { focusOf, type Intent, intentOf } from "./keys.ts";
import { progressSentence } from "./progress.tsx";
import { Stage } from "./stage.tsx";
import { type JudgingHandle, useJudging } from "./use-judging.ts";

export function Session({ roundId, owner, simulated }: { roundId: string; owner: string; simulated: boolean }) {
  const judging = useJudging(roundId, owner);
  const help = useRef<HTMLDialogElement>(null);
  useKeys((intent) => actOn(intent, judging, help));
  const { round, error } = judging;
  if (!round && error) return <Unavailable error={error} reload={judging.reload} />;
  return (
    <div className="session-box my-auto">
      <div className="session grid gap-2.5 sm:gap-4">
        <Caption prompt={round?.prompt ?? ""} />
        {round?.state === "failed" ? <Failed round={round} retry={judging.retry} /> : <Stage judging={judging} />}
        <Actions judging={judging} help={help} />
        {judging.state.notice && (
          <p role="alert" className="text-center font-medium text-danger">
            {judging.state.notice}
          </p>
        )}
        <SimulatedNote pictures={simulated} />
        <p role="status" className="sr-only">
          {announcement(judging.state, round)}
        </p>
        <HelpDialog dialog={help} />
      </div>
    </div>
  );
}

function actOn(intent: Intent, judging: JudgingHandle, help: RefObject<HTMLDialogElement | null>): void {
  if (intent === "undo") judging.undo();
  else if (intent === "help") help.current?.showModal();
  else judging.choose(intent);
}

/** Listens on the whole window: judging needs no focus. */
function useKeys(act: (intent: Intent) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const intent = document.querySelector("dialog[open], [popover]:popover-open")
        ? null
        : intentOf(event, focusOf(event.target));
      if (intent === null) return;
      event.preventDefault();
      latest.current(intent);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

function Caption({ prompt }: { prompt: string }) {
  return (
    <div className="flex items-center justify-between gap-3">
      <h1 className="min-w-0 leading-tight">
        <span className="block font-sans text-xs font-medium tracking-normal text-muted sm:text-sm">
          Which picture is better for
        </span>
        <span className="line-clamp-2 text-base font-bold break-words sm:text-2xl" title={prompt}>
          {prompt ? `“${prompt}”` : "…"}
        </span>
      </h1>
      <Link to="/" search={{}} className="button button-plain shrink-0 px-3" aria-label="Change prompt">
        <Icon name="pencil" size={18} />
        <span className="hidden sm:inline">Change prompt</span>
      </Link>
    </div>
  );
}

function Actions({ judging, help }: { judging: JudgingHandle; help: RefObject<HTMLDialogElement | null> }) {
  const { state, choose, undo } = judging;
  return (
    <div className="grid grid-cols-[1fr_auto_1fr] items-center gap-2">
      <div>
        <button type="button" data-testid="undo" className="button button-quiet px-3" disabled={!mayUndo(state)} onClick={undo}>
          <Icon name="undo" />
          <span className="sr-only sm:not-sr-only">Undo</span>
          <Key name="Z" />
        </button>
      </div>
      <button
        type="button"
        data-testid="choice-tie"
        className="button button-plain px-5 aria-disabled:opacity-60"
        aria-disabled={!mayChoose(state)}
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur();
          if (event.detail < 2) choose("tie");
        }}
      >
        <Icon name="equal" />
        Equally good
        <Key name="↓" />
      </button>
      <div className="justify-self-end">
        <button
          type="button"
          className="button button-quiet px-3"
          aria-label="Help: how to judge, and the keys"
          onClick={() => help.current?.showModal()}
        >
          <Icon name="help" />
          <Key name="?" />
        </button>
      </div>
    </div>
  );
}

/** Shown where there probably is a keyboard. */
function Key({ name }: { name: string }) {
  return (
    <span aria-hidden="true" className="keycap hidden [@media(hover:hover)]:inline-grid">
      {name}
    </span>
  );
}

function Failed({ round, retry }: { round: Round; retry: () => void }) {
  return (
    <div role="alert" className="card mx-auto my-10 grid max-w-lg justify-items-center gap-4 p-8 text-center">
      <span className="grid size-14 place-items-center rounded-full bg-warn-soft text-warn">
        <Icon name="warning" size={28} />
      </span>
      <p>{round.problem?.message ?? "The pictures could not be made."}</p>
      <div className="flex flex-wrap justify-center gap-3">
        <button type="button" className="button button-primary" onClick={retry}>
          Try again
        </button>
        <Link to="/" search={{}} className="button button-plain">
          Write another prompt
        </Link>
      </div>
    </div>
  );
}

/** A refusal will not change by asking again: the way out is another prompt. */
function Unavailable({ error, reload }: { error: Error; reload: () => void }) {
  const refused = error instanceof Refusal && error.status < 500;
  if (!refused) return <Failure error={error} retry={reload} />;
  return (
    <div role="alert" className="my-auto">
      <Empty icon="help" title="These pictures are not here">
        <p>{error.message}</p>
        <Link to="/" search={{}} className="button button-primary">
          Write a new prompt
        </Link>
      </Empty>
    </div>
  );
}

const picked: Record<Choice, string> = { left: "Left picture picked.", right: "Right picture picked.", tie: "Equally good." };

/** For screen readers. Progress is named by its kind only, so that it is not read out every second. */
function announcement(state: Judging, round: Round | undefined): string {
  if (state.undoing !== null || state.undoWanted) return "Taking the last answer back.";
  if (state.choice) return picked[state.choice];
  if (state.shown) return `Pair ${state.pairs} is ready: which picture is better?`;
  return round ? progressSentence({ ...round.progress, etaMs: null, queuePosition: 0 }) : "Loading.";
}
