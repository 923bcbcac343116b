/** @file Follows something on the server while it changes: by server-sent events, or by polling when no events arrive. */
import { call } from "./client.ts";

/** The parts of EventSource that this file uses. */
export interface EventStream {
  onmessage: ((event: { data: string }) => void) | null;
  onerror: (() => void) | null;
  close(): void;
}

/** What following takes from outside: events, requests and a timer (`ms` in milliseconds). */
export interface WatchEffects<T> {
  openStream(url: string): EventStream;
  /** Reads the state at an address below /api. */
  read(address: string): Promise<T>;
  later(task: () => void, ms: number): () => void;
}

/** Events, requests and timers of the browser. */
export const watchInBrowser = {
  openStream: (url: string) => new EventSource(url) as EventStream,
  read: <T>(address: string) => call<T>(address),
  later: (task: () => void, ms: number) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** How long no event may arrive before polling begins, in ms. Some proxies hold a stream back until it ends. */
const SILENCE = 4_000;
/** The pause between two polls, in ms. */
const ASK_EVERY = 1_000;

/**
 * Calls `onState` with each new state of what is at `address` as long as `goesOn` is true of it, and once more. Its events are at `address`/events.
 * Returns a function that stops it earlier.
 */
export function watchState<T>(
  address: string,
  goesOn: (state: T) => boolean,
  onState: (state: T) => void,
  effects: WatchEffects<T> = watchInBrowser,
): () => void {
  let stopped = false;
  let cancelTimer = () => {};
  const stream = effects.openStream(`${address}/events`);

  const stop = () => {
    stopped = true;
    cancelTimer();
    stream.close();
  };
  const wait = (task: () => void, ms: number) => {
    cancelTimer();
    cancelTimer = effects.later(task, ms);
  };
  const take = (state: T) => {
    if (stopped) return;
    if (!goesOn(state)) stop();
    onState(state);
  };
  const ask = async () => {
    stream.close();
    await effects.read(address).then(take, () => {});
    if (!stopped) wait(ask, ASK_EVERY);
  };

  stream.onmessage = ({ data }) => {
    wait(ask, SILENCE);
    take(JSON.parse(data) as T);
  };
  stream.onerror = () => wait(ask, ASK_EVERY);
  wait(ask, SILENCE);
  return stop;
}
