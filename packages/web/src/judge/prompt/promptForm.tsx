/** @file The form for a prompt, which starts a round. */
import type { Round, User } from "@pickapic/server/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { call, sentenceOf } from "../../http/client.ts";
import { newKey } from "../../http/key.ts";
import { roundQuery } from "../../http/queries.ts";
import { usePageHead } from "../../shell/head.ts";
import { Icon } from "../../shell/icons.tsx";
import { Page } from "../../shell/page.tsx";
import { PAGES } from "../../shell/pages.ts";
import { SimulatedNote } from "../../shell/simulatedNote.tsx";
import { useStartAtTop } from "../../shell/top.ts";
import { countOf } from "./counter.ts";
import { PromptCount, PromptField } from "./promptField.tsx";
import { drawPrompts, drawSome } from "./prompts.ts";
import { type RecentPrompt, readRecent, rememberRecent } from "./recent.ts";
import { writtenPrompt } from "./written.ts";

/** The number of suggestions that are shown at a time. */
const SUGGESTIONS = 4;

interface PromptFormProps {
  user: User;
  /** The pictures come from the toy world. */
  simulated: boolean;
  /** The prompts to choose from, where all pictures were made earlier. Absent: any prompt may be written. */
  offered?: readonly string[] | undefined;
  /** The round whose prompt is to be changed. */
  from?: string | undefined;
}

/** Shows the form with the prompt of the round `from`, or with an empty field. The field has the focus. */
export function PromptForm({ user, simulated, offered, from }: PromptFormProps) {
  const [recent] = useState(() => readRecent(user.id));
  const field = useRef<HTMLTextAreaElement>(null);
  const start = useStartRound(user.id);
  const [prompt, write] = useStartingPrompt(from);
  const count = countOf(prompt);
  usePageHead(PAGES.judge);
  useStartAtTop();
  useFocusAtTheEnd(field, from);
  const fill = (text: string) => {
    write(text);
    start.reset();
    field.current?.focus();
  };
  const begin = (text: string) => {
    if (!start.isPending) start.mutate(text);
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (count.tooLong) field.current?.focus();
    else begin(prompt);
  };
  const surprise = () => {
    const [drawn = ""] = suggest(offered, 1, prompt);
    write(drawn);
    begin(drawn);
  };
  const change = (text: string) => {
    write(text);
    if (start.error) start.reset();
  };
  const trouble = count.tooLong ? count.warning : start.error ? sentenceOf(start.error) : null;
  return (
    <Page>
      <div className="mx-auto my-auto grid w-full max-w-3xl grid-cols-[minmax(0,1fr)] gap-6 py-4 sm:py-8">
        <h1 className="text-3xl leading-[1.05] font-extrabold sm:text-5xl">What would you like to see?</h1>
        <form onSubmit={submit} className="grid grid-cols-[minmax(0,1fr)] gap-3" noValidate>
          <div className="card border-edge p-2 focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/30">
            <PromptField field={field} prompt={prompt} isWrong={trouble !== null} change={change} submit={submit} />
            <PromptCount {...count} />
            <div className="flex flex-wrap justify-between gap-2 p-1">
              <button
                type="button"
                data-testid="surprise"
                className="button button-quiet px-3"
                disabled={start.isPending}
                onClick={surprise}
              >
                <Icon name="dice" />
                Surprise me
              </button>
              <button
                type="submit"
                data-testid="start"
                className="button button-primary grow px-6 sm:grow-0"
                disabled={start.isPending}
              >
                {start.isPending ? "Starting…" : "Show me two"}
              </button>
            </div>
          </div>
          <p id="prompt-trouble" role="alert" data-testid="prompt-error" className="px-1 font-medium text-danger empty:hidden">
            {trouble}
          </p>
          <p id="prompt-hint" className="px-1 text-sm text-muted">
            {offered
              ? "The pictures here were made earlier: choose one of the prompts below."
              : "Put what you do not want in brackets: “a cat in the rain [umbrella]”."}
            {simulated && " The toy world, which paints here, reads English words and ignores what stands in brackets."}
          </p>
        </form>
        {recent.length > 0 && <Recent recent={recent} from={from} fill={fill} />}
        <Suggestions fill={fill} offered={offered} />
        <SimulatedNote pictures={simulated} />
      </div>
    </Page>
  );
}

/** The text of the field: what the person typed, or, before that, the prompt of the round `from` as soon as it is loaded. */
function useStartingPrompt(from: string | undefined): [prompt: string, write: (text: string) => void] {
  const [typed, setTyped] = useState<string | null>(null);
  const { data: round } = useQuery({ ...roundQuery(from ?? ""), enabled: from !== undefined });
  return [typed ?? (round ? writtenPrompt(round) : ""), setTyped];
}

/** When the form opens, puts the focus into the field and the cursor after its text. */
function useFocusAtTheEnd(field: { current: HTMLTextAreaElement | null }, from: string | undefined): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round to start from is another form
  useEffect(() => {
    const element = field.current;
    element?.focus({ preventScroll: true });
    element?.setSelectionRange(element.value.length, element.value.length);
  }, [field, from]);
}

/** Starts a round and opens it. Another attempt with the same prompt sends the same idempotency key, so that only one round is started. */
function useStartRound(owner: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const attempt = useRef({ prompt: "", key: "" });
  return useMutation({
    mutationFn: (prompt: string) => {
      if (attempt.current.prompt !== prompt || !attempt.current.key) attempt.current = { prompt, key: newKey() };
      return call<Round>("/api/rounds", { method: "POST", key: attempt.current.key, body: { prompt } });
    },
    onSuccess: (round) => {
      client.setQueryData(roundQuery(round.id).queryKey, round);
      rememberRecent({ prompt: round.prompt, round: round.id, owner });
      return navigate({ to: "/", search: { round: round.id } });
    },
  });
}

interface RecentProps {
  recent: RecentPrompt[];
  from: string | undefined;
  fill: (text: string) => void;
}

function Recent({ recent, from, fill }: RecentProps) {
  const last = recent.find(({ round }) => round === from) ?? recent[0];
  const others = recent.filter((prompt) => prompt !== last);
  return (
    <section aria-labelledby="recent" className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <h2 id="recent" className="font-sans text-sm font-semibold tracking-normal text-muted">
        Recent prompts
      </h2>
      <div className="flex flex-wrap gap-2">
        {last && (
          <Link
            to="/"
            search={{ round: last.round }}
            className="button button-plain max-w-full border-accent text-left text-sm text-accent"
          >
            <span className="truncate" dir="auto">
              Go on with “{last.prompt}”
            </span>
          </Link>
        )}
        {others.slice(0, SUGGESTIONS).map(({ prompt }) => (
          <Chip key={prompt} text={prompt} fill={fill} />
        ))}
      </div>
    </section>
  );
}

/** Draws prompts to suggest: of those that are offered, if only those can be judged. */
function suggest(offered: readonly string[] | undefined, count: number, but = ""): string[] {
  return offered ? drawSome(offered, count, Math.random, but) : drawPrompts(count, Math.random, but);
}

function Suggestions({ fill, offered }: { fill: (text: string) => void; offered: readonly string[] | undefined }) {
  const [prompts, setPrompts] = useState(() => suggest(offered, SUGGESTIONS));
  return (
    <section aria-labelledby="examples" className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <div className="flex items-center justify-between gap-2">
        <h2 id="examples" className="font-sans text-sm font-semibold tracking-normal text-muted">
          For example
        </h2>
        <button
          type="button"
          data-testid="other-suggestions"
          className="button button-quiet px-3 text-sm"
          onClick={() => setPrompts(suggest(offered, SUGGESTIONS))}
        >
          Others
        </button>
      </div>
      <div className="flex flex-wrap gap-2" data-testid="suggestions">
        {prompts.map((prompt) => (
          <Chip key={prompt} text={prompt} fill={fill} />
        ))}
      </div>
    </section>
  );
}

function Chip({ text, fill }: { text: string; fill: (text: string) => void }) {
  return (
    <button type="button" className="button button-plain max-w-full text-sm font-medium" onClick={() => fill(text)}>
      <span className="truncate" dir="auto">
        {text}
      </span>
    </button>
  );
}
