/** @file The state of judging one round, and how each event changes it. Pure: the doing is in useJudging.ts. */
import type { Choice, Comparison } from "@pickapic/server/api";

/** What was done with the pair on screen: an answer, or it was left without one (skipped, or one of its pictures reported). */
export type Verdict = Choice | "left-out";

/** Everything that the judging area shows. */
export interface Judging {
  /** On screen, both images decoded. */
  readonly shown: Comparison | null;
  /** The pictures of `shown` have been painted. */
  readonly painted: boolean;
  /** They have been on screen long enough for a person to have looked at them: a choice counts. */
  readonly seen: boolean;
  /** Made for `shown`; while it is set, no other can be made. */
  readonly verdict: Verdict | null;
  /** The server has confirmed `verdict`; the next pair is on its way. */
  readonly confirmed: boolean;
  /** Rankings of this round that can be taken back, as far as they are known, latest last. */
  readonly undoable: readonly number[];
  /** Undo was asked for while the answer was still on its way. */
  readonly undoWanted: boolean;
  /** The ranking that is being taken back now. */
  readonly undoing: number | null;
  /** One sentence for the person, when something did not go as asked. */
  readonly notice: string | null;
  /** Pairs shown so far; restarts the animation of a new pair. */
  readonly pairs: number;
}

/** What happens while a person judges. */
export type JudgingEvent =
  /** A pair is decoded and goes on screen; `choice` is one that already waits in the outbox for it. */
  | { kind: "shown"; comparison: Comparison; choice: Choice | null }
  /** The browser has painted both pictures of the pair. */
  | { kind: "painted"; comparison: string }
  /** The shortest time in which a person can judge it has passed since. */
  | { kind: "seen"; comparison: string }
  | { kind: "chosen"; choice: Choice }
  | { kind: "delivered"; comparison: string; ranking: number }
  /** The pair is left without an answer. */
  | { kind: "leftOut"; comparison: string }
  /** The server confirmed that the pair is left out. */
  | { kind: "leftOutConfirmed"; comparison: string }
  /** `expired`: the pair is gone, pictures and all. */
  | { kind: "refused"; comparison: string; message: string; expired?: boolean }
  /** The server says which answer came last: after a reload, or after an undo, one that this visit did not give; null: none can be taken back. */
  | { kind: "earlier"; ranking: number | null }
  | { kind: "undo" }
  /** The ranking is gone and `comparison` is open again. */
  | { kind: "undone"; ranking: number; comparison: string | null }
  /** `gone`: the server no longer knows the ranking, so asking again is of no use. */
  | { kind: "undoFailed"; message: string; gone: boolean };

/** How an effect says what happened. */
export type Dispatch = (event: JudgingEvent) => void;

/** Before the first pair. */
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

/** True when a choice would count. */
export function mayChoose(state: Judging): boolean {
  return mayLeave(state) && state.seen;
}

/** True when the pair can be skipped, or one of its pictures reported. */
export function mayLeave(state: Judging): boolean {
  return state.shown !== null && state.painted && state.verdict === null && state.undoing === null;
}

/** What a person is told who chose before the pictures can have been looked at: a second press of a key, or one meant for the pair before. */
const TOO_FAST = "That was faster than anyone can look, so it was not taken as an answer. Which picture is better?";

/** True when there is an answer to take back, delivered or on its way. */
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
