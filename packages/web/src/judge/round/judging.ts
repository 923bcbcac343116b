/** @file The state of judging one round, and how each event changes it. These functions are pure; `useJudging` has the effects. */
import type { Choice, Comparison } from "@pickapic/server/api";

/** How the pair on screen was judged: by an answer, or "left-out" when it was skipped or one of its images was reported. */
export type Verdict = Choice | "left-out";

/** Everything that the judging area shows. */
export interface Judging {
  /** The pair on screen, with both images decoded. */
  readonly shown: Comparison | null;
  /** Both images of `shown` have been painted. */
  readonly painted: boolean;
  /** Both images have been on screen long enough to be looked at, so a choice counts. */
  readonly seen: boolean;
  /** The verdict on `shown`. While it is set, no other can be given. */
  readonly verdict: Verdict | null;
  /** The server has confirmed `verdict`; the next pair is on its way. */
  readonly confirmed: boolean;
  /** Known rankings of this round that can be undone, latest last. */
  readonly undoable: readonly number[];
  /** True when undo was requested while the answer was still on its way. */
  readonly undoWanted: boolean;
  /** The ranking whose undo is in progress. */
  readonly undoing: number | null;
  /** A sentence for the person when something failed. */
  readonly notice: string | null;
  /** Number of pairs shown so far; restarts the animation of a new pair. */
  readonly pairs: number;
}

/** An event that changes the state of judging. */
export type JudgingEvent =
  /** A decoded pair is shown. `choice` is an answer to it that already waits in the outbox; null when there is none. */
  | { kind: "shown"; comparison: Comparison; choice: Choice | null }
  /** The browser has painted both pictures of the pair. */
  | { kind: "painted"; comparison: string }
  /** The shortest time in which a person can judge the pair has passed. */
  | { kind: "seen"; comparison: string }
  | { kind: "chosen"; choice: Choice }
  | { kind: "delivered"; comparison: string; ranking: number }
  /** The pair is left without an answer. */
  | { kind: "leftOut"; comparison: string }
  /** The server confirmed that the pair is left out. */
  | { kind: "leftOutConfirmed"; comparison: string }
  /** `expired`: the pair and its images no longer exist. */
  | { kind: "refused"; comparison: string; message: string; expired?: boolean }
  /** The server reported the last answer that can be undone, perhaps of an earlier visit; null when there is none. */
  | { kind: "earlier"; ranking: number | null }
  | { kind: "undo" }
  /** The ranking is gone and `comparison` is open again. */
  | { kind: "undone"; ranking: number; comparison: string | null }
  /** `gone`: the server no longer knows the ranking, so there is no point in asking again. */
  | { kind: "undoFailed"; message: string; gone: boolean };

/** Reports an event to the state. */
export type Dispatch = (event: JudgingEvent) => void;

/** The state before the first pair. */
export const newJudging: Judging = {
  shown: null,
  painted: false,
  seen: false,
  verdict: null,
  confirmed: false,
  undoable: [],
  undoWanted: false,
  undoing: null,
  notice: null,
  pairs: 0,
};

/** True when a choice would be taken. */
export function mayChoose(state: Judging): boolean {
  return mayLeave(state) && state.seen;
}

/** True when the pair can be skipped or one of its images reported. */
export function mayLeave(state: Judging): boolean {
  return state.shown !== null && state.painted && state.verdict === null && state.undoing === null;
}

/** The notice after a choice that came before the images can have been seen, such as a second key press or one meant for the pair before. */
const TOO_FAST = "That was faster than anyone can look, so it was not taken as an answer. Which picture is better?";

/** True when there is an answer to undo, delivered or on its way. */
export function mayUndo(state: Judging): boolean {
  return state.undoing === null && !state.undoWanted && (state.undoable.length > 0 || isOnItsWay(state));
}

function isOnItsWay(state: Judging): boolean {
  return state.verdict !== null && state.verdict !== "left-out" && !state.confirmed;
}

type Rules = { [K in JudgingEvent["kind"]]: (state: Judging, event: Extract<JudgingEvent, { kind: K }>) => Judging };

const rules: Rules = {
  shown: (state, { comparison, choice }) => ({
    ...state,
    shown: comparison,
    painted: false,
    seen: false,
    verdict: choice,
    confirmed: false,
    undoWanted: false,
    pairs: state.pairs + 1,
  }),

  painted: (state, { comparison }) => (state.shown?.id === comparison ? { ...state, painted: true } : state),

  seen: (state, { comparison }) => (state.shown?.id === comparison && state.painted ? { ...state, seen: true } : state),

  chosen: (state, { choice }) => {
    if (mayChoose(state)) return { ...state, verdict: choice, notice: null };
    return mayLeave(state) ? { ...state, notice: TOO_FAST } : state;
  },

  delivered: (state, { comparison, ranking }) => {
    const undoable = [...state.undoable.filter((known) => known !== ranking), ranking];
    if (state.shown?.id !== comparison) return { ...state, undoable };
    const undoing = state.undoWanted ? ranking : state.undoing;
    return { ...state, undoable, undoing, undoWanted: false, confirmed: true };
  },

  leftOut: (state, { comparison }) =>
    state.shown?.id === comparison ? { ...state, verdict: "left-out", confirmed: false, notice: null } : state,

  leftOutConfirmed: (state, { comparison }) =>
    state.shown?.id === comparison && state.verdict === "left-out" ? { ...state, confirmed: true } : state,

  refused: (state, { comparison, message, expired = false }) => {
    if (state.shown?.id !== comparison) return state;
    return { ...state, shown: expired ? null : state.shown, verdict: null, undoWanted: false, notice: message };
  },

  earlier: (state, { ranking }) => {
    if (ranking === null) return isOnItsWay(state) ? state : { ...state, undoable: [] };
    return state.undoable.includes(ranking) ? state : { ...state, undoable: [ranking, ...state.undoable] };
  },

  undo: (state) => {
    if (!mayUndo(state)) return state;
    if (isOnItsWay(state)) return { ...state, undoWanted: true, notice: null };
    return { ...state, undoing: state.undoable.at(-1) ?? null, notice: null };
  },

  undone: (state, { ranking, comparison }) => {
    const next = { ...state, undoing: null, undoable: state.undoable.filter((kept) => kept !== ranking) };
    return state.shown?.id === comparison ? { ...next, verdict: null, confirmed: false } : next;
  },

  undoFailed: (state, { message, gone }) => ({
    ...state,
    undoing: null,
    notice: message,
    undoable: gone ? state.undoable.filter((ranking) => ranking !== state.undoing) : state.undoable,
  }),
};

/** The state after an event. */
export function judge(state: Judging, event: JudgingEvent): Judging {
  const rule = rules[event.kind] as (state: Judging, event: JudgingEvent) => Judging;
  return rule(state, event);
}
