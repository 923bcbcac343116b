/** @file Shows a pair once its pictures are decoded, and loads the pictures of the next pairs. */
import type { Comparison, ShownImage } from "@pickapic/server/api";
import { useEffect, useState } from "react";
import { useOutbox } from "../../outbox/context.tsx";
import type { Dispatch } from "./judging.ts";
import { Preloader } from "./preload.ts";

/** Dispatches "shown" for each new comparison once both pictures can be painted. Returns the preloader that holds them. */
export function useShownPair(comparison: Comparison | null, dispatch: Dispatch): Preloader {
  const outbox = useOutbox();
  const [preloader] = useState(() => new Preloader());
  // The query keeps the object of a comparison that has not changed, so the same pair is not shown twice.
  useEffect(() => {
    if (!comparison) return;
    const leaving = new AbortController();
    const show = () => {
      if (leaving.signal.aborted) return;
      const waiting = outbox.snapshot().waiting.find((entry) => entry.comparison === comparison.id);
      dispatch({ kind: "shown", comparison, choice: waiting?.choice ?? null });
    };
    // The pair is shown even when a picture cannot be loaded. Its frame then has the text of the picture, and the pair can be skipped.
    preloader.pair(comparison, leaving.signal).then(show, show);
    return () => leaving.abort();
  }, [comparison, outbox, preloader, dispatch]);
  return preloader;
}

/** Loads the pictures of the next pairs, but only when the current pair is on screen, so that they do not delay it. */
export function usePreloadedPictures(preloader: Preloader, upcoming: readonly ShownImage[] | undefined, isShown: boolean): void {
  useEffect(() => {
    if (isShown && upcoming) preloader.ahead(upcoming);
  }, [preloader, upcoming, isShown]);
}
