/** @file Follows a round until its next pair is ready: by server-sent events, or by polling when no events arrive. */
import type { Round } from "@pickapic/server/api";
import { call } from "../../http/client.ts";

/** The parts of EventSource that this file uses. */
export interface EventStream {
  onmessage: ((event: { data: string }) => void) | null;
  onerror: (() => void) | null;
  close(): void;
}

/** What following a round takes from outside: events, requests and a timer (`ms` in milliseconds). */
export interface WatchEffects {
  openStream(url: string): EventStream;
  fetchRound(id: string): Promise<Round>;
  later(task: () => void, ms: number): () => void;
}

const browserEffects: WatchEffects = {
  openStream: (url) => new EventSource(url) as EventStream,
  fetchRound: (id) => call<Round>(`/api/rounds/${id}`),
  later: (task, ms) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** How long no event may arrive before polling begins, in ms. Some proxies hold a stream back until it ends. */
const SILENCE = 4_000;
/** The pause between two polls, in ms. */
const ASK_EVERY = 1_000;

/** Calls `onRound` with each new state of the round until it is no longer "generating". Returns a function that stops it earlier. */
export function watchRound(id: string, onRound: (round: Round) => void, effects: WatchEffects = browserEffects): () => void {
  let stopped = false;
  let cancelTimer = () => {};
  const stream = effects.openStream(`/api/rounds/${id}/events`);

  const stop = () => {
    stopped = true;
    cancelTimer();
    stream.close();
  };
  const wait = (task: () => void, ms: number) => {
    cancelTimer();
    cancelTimer = effects.later(task, ms);
  };
  const take = (round: Round) => {
    if (stopped) return;
    if (round.state !== "generating") stop();
    onRound(round);
  };
  const ask = async () => {
    stream.close();
    await effects.fetchRound(id).then(take, () => {});
    if (!stopped) wait(ask, ASK_EVERY);
  };

  stream.onmessage = ({ data }) => {
    wait(ask, SILENCE);
    take(JSON.parse(data) as Round);
  };
  stream.onerror = () => wait(ask, ASK_EVERY);
  wait(ask, SILENCE);
  return stop;
}
