/** @file Detects when the browser has painted a pair. The time of an answer is measured from then, not from when the page decided to show the pair. */
import { useEffect, useRef } from "react";
import type { Dispatch } from "./judging.ts";

/** The clock, timers and frames of the browser, which tests replace. */
export interface FrameEffects {
  /** Runs `task` before the next frame is painted, as requestAnimationFrame does. Returns a function that cancels it. */
  nextFrame(task: () => void): () => void;
  /** Runs `task` after `ms`. Returns a function that cancels it. */
  later(task: () => void, ms: number): () => void;
  /** A clock that never goes back: ms since an arbitrary moment. */
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
 * Calls `onPainted` when the browser has painted the current document. The callback of the first frame runs before that frame is painted, so the one of
 * the second frame is the first moment after it. A page in the background paints nothing, so its callback waits until the page is visible.
 * @returns a function that cancels the callback
 */
export function afterPaint(onPainted: () => void, { nextFrame }: FrameEffects = browserEffects): () => void {
  let cancel = nextFrame(() => {
    cancel = nextFrame(onPainted);
  });
  return () => cancel();
}

/** Measures the time from the painting of a pair to a choice. */
export interface Stopwatch {
  /** Whole ms since the pair was painted; 0 before that. */
  elapsedMs(): number;
}

/** The longest time that is sent, in ms. A page that was left open for longer sends this. */
const LONGEST_MS = 86_400_000;

/** A timer may fire this much too early, in ms. */
const TIMER_SLACK_MS = 1;

/**
 * For each new `comparison` dispatches "painted" once its pictures have been painted, and "seen" `fastestAnswerMs` later. The stopwatch measures from the
 * painting to a choice by mouse, touch or key.
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
