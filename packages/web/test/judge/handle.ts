/** @file A round and its judging as the components of the judging page get them. */
import type { Comparison, Round } from "@pickapic/server/api";
import { vi } from "vitest";
import { type Judging, newJudging } from "../../src/judge/round/judging.ts";
import type { JudgingHandle } from "../../src/judge/round/useJudging.ts";

/** Two pictures that wait for an answer. */
export const pair: Comparison = {
  id: "pair",
  left: { url: "/api/images/left", width: 64, height: 48 },
  right: { url: "/api/images/right", width: 64, height: 48 },
};

/** A round whose pair waits for an answer, unless said otherwise. */
export function roundOf(more: Partial<Round> = {}): Round {
  return {
    id: "round",
    prompt: "a cat",
    negativePrompt: "",
    state: "ready",
    comparison: pair,
    problem: null,
    progress: { done: 2, total: 2, fraction: 1, etaMs: null, queuePosition: 0 },
    answers: 0,
    lastRanking: null,
    upcoming: [],
    warnings: [],
    ...more,
  };
}

/** The judging of a pair that can be answered, unless said otherwise; each act is a spy. */
export function handleOf(state: Partial<Judging> = {}, round: Round | undefined = roundOf()): JudgingHandle {
  return {
    round,
    error: null,
    state: { ...newJudging, shown: pair, painted: true, seen: true, pairs: 1, ...state },
    reload: vi.fn(),
    retry: vi.fn(),
    cancel: vi.fn(async () => {}),
    choose: vi.fn(),
    skip: vi.fn(),
    reported: vi.fn(),
    undo: vi.fn(),
  };
}
