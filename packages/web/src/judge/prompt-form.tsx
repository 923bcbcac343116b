/** @file Where a round begins: the prompt. */
import type { Round, User } from "@pickapic/server/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { call, sentenceOf } from "../http/client.ts";
import { newKey } from "../http/key.ts";
import { roundQuery } from "../http/queries.ts";
import { Icon } from "../shell/icons.tsx";
import { SimulatedNote } from "../shell/simulated-note.tsx";
import { EXAMPLE_PROMPTS, surprise } from "./prompts.ts";
import { type RecentPrompt, readRecent, rememberRecent } from "./recent.ts";

export function PromptForm({ user, simulated }: { user: User; simulated: boolean }) {
  const [recent] = useState(() => readRecent(user.id));
  const [prompt, setPrompt] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const start = useStartRound(user.id);
  const fill = (text: string) => {
    setPrompt(text);
    start.reset();
    field.current?.focus();
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!start.isPending) start.mutate(prompt);
  };
  const submitByEnter = (event: KeyboardEvent) => {
    // Enter also ends the composition of a Japanese or Chinese word: that is not a wish to start.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <div className="mx-auto my-auto grid w-full max-w-3xl grid-cols-[minmax(0,1fr)] gap-6 py-4 sm:py-8">
      <h1 className="text-4xl leading-[1.05] font-extrabold sm:text-5xl">What would you like to see?</h1>
      <form onSubmit={submit} className="grid gap-3" noValidate>
        <div className="card border-edge p-2 focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/30">
          <textarea
            ref={field}
            data-testid="prompt"
            aria-label="Prompt: describe the picture that you want to see"
            aria-describedby="prompt-hint"
            aria-invalid={start.error ? true : undefined}
            className="block w-full resize-none bg-transparent p-3 text-xl outline-none placeholder:text-muted sm:text-2xl"
            rows={3}
            enterKeyHint="go"
            placeholder="two red apples left of a cat…"
            value={prompt}
            onChange={(event) => {
              setPrompt(event.target.value);
              if (start.error) start.reset();
            }}
            onKeyDown={submitByEnter}
          />
          <div className="flex flex-wrap justify-between gap-2 p-1">
            <button type="button" className="button button-quiet px-3" onClick={() => fill(surprise(prompt, Math.random))}>
              <Icon name="dice" />
              Surprise me
            </button>
            <button type="submit" data-testid="start" className="button button-primary px-6" disabled={start.isPending}>
              {start.isPending ? "Starting…" : "Show me two"}
            </button>
          </div>
        </div>
        {start.error ? (
          <p role="alert" data-testid="prompt-error" className="px-1 font-medium text-danger">
            {sentenceOf(start.error)}
          </p>
        ) : null}
        <p id="prompt-hint" className="px-1 text-sm text-muted">
          Put what you do not want in brackets: “a cat in the rain [umbrella]”.
        </p>
      </form>
      {recent.length > 0 && <Recent recent={recent} fill={fill} />}
      <Examples fill={fill} />
      <SimulatedNote pictures={simulated} />
    </div>
  );
}

/** Starts a round and goes there. A repeated attempt with the same words carries the same key, so that it starts one round. */
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

function Recent({ recent, fill }: { recent: RecentPrompt[]; fill: (text: string) => void }) {
  const [last, ...others] = recent;
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
            <span className="truncate">Go on with “{last.prompt}”</span>
          </Link>
        )}
        {others.slice(0, 4).map(({ prompt }) => (
          <Chip key={prompt} text={prompt} fill={fill} />
        ))}
      </div>
    </section>
  );
}

function Examples({ fill }: { fill: (text: string) => void }) {
  return (
    <section aria-labelledby="examples" className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <h2 id="examples" className="font-sans text-sm font-semibold tracking-normal text-muted">
        For example
      </h2>
      <div className="flex flex-wrap gap-2">
        {EXAMPLE_PROMPTS.slice(0, 4).map((prompt) => (
          <Chip key={prompt} text={prompt} fill={fill} />
        ))}
      </div>
    </section>
  );
}

function Chip({ text, fill }: { text: string; fill: (text: string) => void }) {
  return (
    <button type="button" className="button button-plain max-w-full text-sm font-medium" onClick={() => fill(text)}>
      <span className="truncate">{text}</span>
    </button>
  );
}
