/** @file The form of the best-of-n page: the prompt, how many pictures, and which model. */
import type { BestOf, BestOfOffer, NewBestOf } from "@pickapic/server/api";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { call, sentenceOf } from "../http/client.ts";
import { newKey } from "../http/key.ts";
import { countOf } from "../judge/prompt/counter.ts";
import { writtenPrompt } from "../judge/prompt/written.ts";
import { onEnter } from "../shell/enter.ts";
import { goesOn, PICTURES } from "./words.ts";

interface BestOfFormProps {
  offer: BestOfOffer;
  /** Called with the best of n that was started. */
  keep(latest: BestOf): void;
}

/** Starts a best of n. The fields hold what was asked for last. */
export function BestOfForm({ offer: { models, latest }, keep }: BestOfFormProps) {
  const [prompt, write] = useState(latest ? writtenPrompt(latest) : "");
  const [n, setN] = useState<number>(latest?.n ?? PICTURES.usual);
  const [model, setModel] = useState(models.find(({ name }) => name === latest?.model)?.name ?? models[0]?.name ?? "");
  const start = useStart(keep);
  const count = countOf(prompt);
  const trouble = count.tooLong ? count.warning : start.error ? sentenceOf(start.error) : null;
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!count.tooLong && !start.isPending) start.mutate({ prompt, n, model });
  };
  return (
    <form onSubmit={submit} className="card grid grid-cols-[minmax(0,1fr)] gap-4 p-3 sm:p-4" noValidate>
      <textarea
        data-testid="best-of-prompt"
        aria-label="Prompt: describe the picture that you want"
        aria-describedby="best-of-trouble"
        aria-invalid={trouble ? true : undefined}
        dir="auto"
        rows={2}
        enterKeyHint="go"
        placeholder="two red apples left of a cat…"
        className="field block field-sizing-content max-h-[30dvh] min-h-18 w-full resize-none overflow-y-auto py-2 text-lg wrap-anywhere placeholder:text-muted"
        value={prompt}
        onChange={(event) => {
          write(event.target.value);
          if (start.error) start.reset();
        }}
        onKeyDown={onEnter(submit)}
      />
      <div className="flex flex-wrap items-end gap-x-6 gap-y-4">
        <label className="grid min-w-44 grow gap-1 font-semibold sm:max-w-72">
          <span>
            Pictures: <span className="tabular-nums">{n}</span>{" "}
            <span className="font-normal text-muted">
              ({PICTURES.least} to {PICTURES.most})
            </span>
          </span>
          <input
            data-testid="best-of-n"
            type="range"
            min={PICTURES.least}
            max={PICTURES.most}
            value={n}
            onChange={(event) => setN(event.target.valueAsNumber)}
            className="h-11 w-full accent-accent"
          />
        </label>
        {models.length > 1 && (
          <label className="grid min-w-0 grow gap-1 font-semibold sm:max-w-72">
            Model
            <select
              data-testid="best-of-model"
              className="field w-full min-w-0"
              value={model}
              onChange={(event) => setModel(event.target.value)}
            >
              {models.map(({ name, title }) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          </label>
        )}
        <button
          type="submit"
          data-testid="best-of-start"
          className="button button-primary grow px-6 sm:ml-auto sm:grow-0"
          disabled={start.isPending}
        >
          {start.isPending ? "Starting…" : latest && goesOn(latest) ? "Start anew" : "Find the best"}
        </button>
      </div>
      <p id="best-of-trouble" role="alert" className="font-medium text-danger empty:hidden">
        {trouble}
      </p>
    </form>
  );
}

/** Starts a best of n. Another attempt with the same wishes sends the same idempotency key until one succeeded, so that only one is started. */
function useStart(keep: (latest: BestOf) => void) {
  const attempt = useRef({ wanted: "", key: "" });
  return useMutation({
    mutationFn: (wanted: NewBestOf) => {
      const text = JSON.stringify(wanted);
      if (attempt.current.wanted !== text) attempt.current = { wanted: text, key: newKey() };
      return call<BestOf>("/api/best-of", { method: "POST", key: attempt.current.key, body: wanted });
    },
    onSuccess: (started) => {
      attempt.current = { wanted: "", key: "" };
      keep(started);
    },
  });
}
