/** @file Says which answers wait to be sent and which the server refused. Answers that arrive at once are not mentioned. */
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Icon } from "../shell/icons.tsx";
import { useOutbox, useOutboxSnapshot } from "./context.tsx";
import type { Entry } from "./entry.ts";

/** How long an answer may be on its way before the page mentions it, ms. */
const MENTION_AFTER_MS = 1_500;

/** Says which answers are not sent yet, and why; shows nothing while all is well. */
export function OutboxNotice() {
  const { waiting, refused, ofOthers, lasting } = useOutboxSnapshot();
  const late = useLate(waiting);
  const online = useOnline();
  const container = useRef<HTMLElement>(null);
  const [hidden, hide] = useHidden();
  const others = ofOthers > hidden ? ofOthers : 0;
  useRoomFor(container);
  if (late === 0 && refused.length === 0 && others === 0 && online) return null;
  return (
    <section ref={container} aria-label="Connection and unsent answers" className="border-b border-line bg-warn-soft text-warn">
      <div className="mx-auto grid max-w-6xl gap-2 px-4 py-2 sm:px-6">
        <div role="status" data-testid="outbox" className="grid gap-1">
          {(late > 0 || !online) && <Waiting count={late} trouble={troubleOf(waiting)} online={online} lasting={lasting} />}
          {others > 0 && <OfOthers count={others} hide={() => hide(others)} />}
        </div>
        {refused.map((entry) => (
          <Refused key={entry.key} entry={entry} />
        ))}
      </div>
    </section>
  );
}

function Waiting({
  count,
  trouble,
  online,
  lasting,
}: {
  count: number;
  trouble: string | null;
  online: boolean;
  lasting: boolean;
}) {
  const outbox = useOutbox();
  const kept = lasting
    ? "Kept on this device and sent as soon as possible."
    : "Kept until you close this page: please leave it open.";
  return (
    <div className="flex items-center gap-3 text-sm sm:text-base">
      <Icon name="cloudOff" size={18} />
      <p>
        {!online && <strong>You are offline. </strong>}
        {count > 0 && `${answers(count)} waiting to be sent. ${kept}`}
        {online && trouble !== null && ` ${trouble}`}
      </p>
      {count > 0 && (
        <button
          type="button"
          className="min-h-11 shrink-0 font-semibold underline underline-offset-3 sm:min-h-8"
          onClick={() => void outbox.flush(true)}
        >
          Send now
        </button>
      )}
    </div>
  );
}

/** Answers of another account are stored for that account; the present person can hide the message. */
function OfOthers({ count, hide }: { count: number; hide: () => void }) {
  return (
    <div className="flex items-center justify-between gap-3 text-sm sm:text-base">
      <p>{`${answers(count)} of another account on this device: sent when that account signs in again.`}</p>
      <button type="button" className="min-h-11 shrink-0 font-semibold underline underline-offset-3 sm:min-h-8" onClick={hide}>
        Hide this
      </button>
    </div>
  );
}

function Refused({ entry }: { entry: Entry }) {
  const outbox = useOutbox();
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <p>
        <strong>One answer did not count</strong> (“{entry.prompt}”, {entry.choice}): {entry.trouble}
      </p>
      <span className="flex gap-4">
        <button
          type="button"
          className="min-h-8 font-semibold underline underline-offset-3"
          onClick={() => void outbox.retry(entry.key)}
        >
          Send again
        </button>
        <button
          type="button"
          className="min-h-8 font-semibold underline underline-offset-3"
          onClick={() => void outbox.discard(entry.key)}
        >
          Dismiss
        </button>
      </span>
    </div>
  );
}

const HIDDEN = "pickapic.othersHidden";

/** The number of other accounts' answers whose message was hidden in this browser. */
function useHidden(): [number, (count: number) => void] {
  const [hidden, setHidden] = useState(readHidden);
  const hide = (count: number) => {
    setHidden(count);
    try {
      localStorage.setItem(HIDDEN, String(count));
    } catch {
      // Storage is blocked: hidden until the page is closed.
    }
  };
  return [hidden, hide];
}

function readHidden(): number {
  try {
    return Number(localStorage.getItem(HIDDEN)) || 0;
  } catch {
    return 0;
  }
}

/** Tells the style sheet how high the notice is, px, so that both pictures stay on screen below it. */
function useRoomFor(container: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const { style } = document.documentElement;
    style.setProperty("--notice", `${container.current?.offsetHeight ?? 0}px`);
  });
}

/** The reason why the last attempt to send the oldest waiting answer failed; null when there is none. */
function troubleOf(waiting: readonly Entry[]): string | null {
  return waiting[0]?.trouble ?? null;
}

function answers(count: number): string {
  return count === 1 ? "1 answer" : `${count} answers`;
}

/** Counts answers that have waited longer than MENTION_AFTER_MS, or failed at least once. */
function useLate(waiting: readonly Entry[]): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (waiting.length === 0) return;
    const timer = setTimeout(() => setNow(Date.now()), MENTION_AFTER_MS + 50);
    return () => clearTimeout(timer);
  }, [waiting]);
  return waiting.filter((entry) => entry.attempts > 0 || now - entry.createdAt > MENTION_AFTER_MS).length;
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => {
      addEventListener("online", listener);
      addEventListener("offline", listener);
      return () => {
        removeEventListener("online", listener);
        removeEventListener("offline", listener);
      };
    },
    () => navigator.onLine,
  );
}
