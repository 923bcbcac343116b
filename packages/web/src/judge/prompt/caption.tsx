/** @file The prompt above the pictures, with buttons to show all of it and to change it. */
import type { Round } from "@pickapic/server/api";
import { Link } from "@tanstack/react-router";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { Icon } from "../../shell/icons.tsx";
import { ownNegativePrompt } from "./written.ts";

interface CaptionProps {
  round: Round | undefined;
  roundId: string;
  /** The pictures come from the toy world. */
  simulated: boolean;
  /** A hint for newcomers. */
  children?: ReactNode;
}

/** The heading of a session. Long prompts are cut after a few lines; a button shows the rest. */
export function Caption({ round, roundId, simulated, children }: CaptionProps) {
  const text = useRef<HTMLHeadingElement>(null);
  const [whole, setWhole] = useState(false);
  const cut = useIsCut(text, round?.prompt ?? "");
  const negative = round && ownNegativePrompt(round);
  return (
    <div className="caption">
      <div className="min-w-0 grow">
        <p className="text-xs leading-tight text-muted sm:text-sm">
          {simulated ? (
            <>
              <Link to="/about" className="underline underline-offset-2 hover:text-ink">
                Simulated pictures
              </Link>
              : <Question begin="which" />
            </>
          ) : (
            <Question begin="Which" />
          )}
        </p>
        <h1
          ref={text}
          dir="auto"
          data-testid="caption"
          className={`font-display text-base leading-snug font-bold wrap-anywhere sm:text-xl xl:text-2xl ${whole ? "" : "caption-cut"}`}
        >
          {round ? `“${round.prompt}”` : "…"}
        </h1>
        {(negative || cut || whole) && (
          <p className="flex flex-wrap gap-x-3 text-xs text-muted sm:text-sm">
            {negative && (
              <span className="wrap-anywhere" dir="auto">
                Not wanted: “{negative}”
              </span>
            )}
            {(cut || whole) && (
              <button type="button" className="link min-h-6" aria-expanded={whole} onClick={() => setWhole(!whole)}>
                {whole ? "Show less" : "Show the whole prompt"}
              </button>
            )}
          </p>
        )}
      </div>
      {children}
      <Link to="/" search={{ from: roundId }} className="button button-plain shrink-0 px-3" aria-label="Change prompt">
        <Icon name="pencil" size={18} />
        <span className="hidden lg:inline">Change prompt</span>
      </Link>
    </div>
  );
}

/** The question above the prompt. On touch screens it says to tap the better picture, because the hint about keys is not shown there. */
function Question({ begin }: { begin: "which" | "Which" }) {
  return (
    <>
      <span className="[@media(hover:none)]:hidden">{begin} one is better for</span>
      <span className="[@media(hover:hover)]:hidden">{begin === "which" ? "tap" : "Tap"} the one that is better for</span>
    </>
  );
}

/** Whether the element hides a part of its text because it has too many lines. */
function useIsCut(text: RefObject<HTMLElement | null>, content: string): boolean {
  const [cut, setCut] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other words have other lines
  useEffect(() => {
    const element = text.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => setCut(element.scrollHeight > element.clientHeight + 1));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [text, content]);
  return cut;
}
