/** @file Gives the outbox to the components. */
import { createContext, useContext, useEffect, useSyncExternalStore } from "react";
import type { News, Outbox, OutboxSnapshot } from "./outbox.ts";

const OutboxContext = createContext<Outbox | null>(null);

/** Gives an outbox to all components below it. */
export const OutboxProvider = OutboxContext.Provider;

/** The outbox of this page. @throws Error above every `OutboxProvider`: a mistake of the program */
export function useOutbox(): Outbox {
  const outbox = useContext(OutboxContext);
  if (!outbox) throw new Error("useOutbox: expected an OutboxProvider above this component, and there is none");
  return outbox;
}

/** The entries of the outbox now; the component is rendered again when one of them changes. */
export function useOutboxSnapshot(): OutboxSnapshot {
  const outbox = useOutbox();
  return useSyncExternalStore(outbox.subscribe, outbox.snapshot);
}

/** Calls back with the latest `listener` for all news while the component is mounted. */
export function useOutboxNews(listener: (news: News) => void): void {
  const outbox = useOutbox();
  useEffect(() => outbox.subscribe(listener), [outbox, listener]);
}
