/** @file Puts pairs on screen when their pictures are decoded, and loads those that come next. */
import type { Comparison, ShownImage } from "@pickapic/server/api";
import { useEffect, useState } from "react";
import { useOutbox } from "../../outbox/context.tsx";
import type { Dispatch } from "./judging.ts";
import { Preloader } from "./preload.ts";

/** Says "shown" for each new comparison once both pictures can be painted. Gives the preloader that holds them. */
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
    // A picture that cannot be loaded is shown as it is: its frame says so, and the round can be left.
    preloader.pair(comparison, leaving.signal).then(show, show);
    return () => leaving.abort();
  }, [comparison, outbox, preloader, dispatch]);
  return preloader;
}

/** Loads the pictures of later pairs, once the pair that waits is on screen: it comes first. */
export function usePreloadedPictures(preloader: Preloader, upcoming: readonly ShownImage[] | undefined, isShown: boolean): void {
  useEffect(() => {
    if (isShown && upcoming) preloader.ahead(upcoming);
  }, [preloader, upcoming, isShown]);
}
