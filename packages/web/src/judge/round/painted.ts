/** @file When pictures were painted: the time of an answer begins there, not when the page decided to show them. */
import { useEffect, useRef } from "react";
import type { Dispatch } from "./judging.ts";

/** What waits for a painted frame. */
export interface FrameEffects {
  /** Calls back before the next frame is painted, as requestAnimationFrame does; returns how to call it off. */
  nextFrame(task: () => void): () => void;
  /** Calls back after `ms`; returns how to call it off. */
  later(task: () => void, ms: number): () => void;
  /** ms since an arbitrary moment. */
  now(): number;
}

const browserEffects: FrameEffects = {
  nextFrame: (task) => {
    const frame = requestAnimationFrame(task);
    return () => cancelAnimationFrame(frame);
  },
  later: (task, ms) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
};

/**
 * Calls back once what is in the document now has been painted. The first callback comes before the frame that paints it, so the second one is the
 * first moment after it. A page in the background paints nothing and is not called until it is looked at.
 * @returns how to call it off.
 */
export function afterPaint(onPainted: () => void, { nextFrame }: FrameEffects = browserEffects): () => void {
  let cancel = nextFrame(() => {
    cancel = nextFrame(onPainted);
  });
  return () => cancel();
}

/** Measures from the painting of a pair to a choice. */
export interface Stopwatch {
  /** Whole ms since the pair was painted; 0 before that. */
  elapsedMs(): number;
}

/** Longest time that is sent: a page that was left open, ms. */
const LONGEST_MS = 86_400_000;

/** Timers may fire this much early, ms. */
const TIMER_SLACK_MS = 1;

/**
 * Says once for each new `comparison` that its pictures have been painted, and `fastestAnswerMs` later that they can have been seen. Measures from the
 * painting to a choice, however that is made: by mouse, touch or key.
 */
export function usePainted(
  comparison: string | null,
  fastestAnswerMs: number,
  dispatch: Dispatch,
  effects: FrameEffects = browserEffects,
): Stopwatch {
  const paintedAt = useRef<number | null>(null);
  useEffect(() => {
    paintedAt.current = null;
    if (comparison === null) return;
    let cancelTimer = () => {};
    const cancelFrame = afterPaint(() => {
      paintedAt.current = effects.now();
      dispatch({ kind: "painted", comparison });
      cancelTimer = effects.later(() => dispatch({ kind: "seen", comparison }), fastestAnswerMs + TIMER_SLACK_MS);
    }, effects);
    return () => {
      cancelFrame();
      cancelTimer();
    };
  }, [comparison, fastestAnswerMs, dispatch, effects]);
  return {
    elapsedMs: () => (paintedAt.current === null ? 0 : Math.min(LONGEST_MS, Math.round(effects.now() - paintedAt.current))),
  };
}
