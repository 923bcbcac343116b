/** @file The field in which a prompt is written, and the count of its characters. */
import type { RefObject } from "react";
import { onEnter } from "../../shell/enter.ts";
import type { Count } from "./counter.ts";

interface PromptFieldProps {
  field: RefObject<HTMLTextAreaElement | null>;
  prompt: string;
  isWrong: boolean;
  change: (text: string) => void;
  submit: () => void;
}

/** The field for the prompt. Enter submits it. */
export function PromptField({ field, prompt, isWrong, change, submit }: PromptFieldProps) {
  return (
    <textarea
      ref={field}
      data-testid="prompt"
      aria-label="Prompt: describe the picture that you want to see"
      aria-describedby="prompt-hint prompt-trouble"
      aria-invalid={isWrong ? true : undefined}
      dir="auto"
      className="block field-sizing-content max-h-[40dvh] min-h-24 w-full resize-none overflow-y-auto bg-transparent p-3 text-lg wrap-anywhere outline-none placeholder:text-muted sm:text-2xl"
      rows={3}
      enterKeyHint="go"
      placeholder="two red apples left of a cat…"
      value={prompt}
      onChange={(event) => change(event.target.value)}
      onKeyDown={onEnter(submit)}
    />
  );
}

/** How long the prompt is. Screen readers announce only the warning. */
export function PromptCount({ text, warning }: Pick<Count, "text" | "warning">) {
  return (
    <p
      data-testid="prompt-count"
      className={`px-3 text-right text-sm tabular-nums ${warning ? "font-semibold text-warn" : "text-muted"}`}
    >
      <span aria-hidden="true">{text}</span>
      <span role="status" className="sr-only">
        {warning}
      </span>
    </p>
  );
}
