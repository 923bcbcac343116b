import type { Round } from "@pickapic/server/api";
import { expect, test } from "vitest";
import type { EventStream } from "../../../src/http/watchState.ts";
import { watchRound } from "../../../src/judge/round/watchRound.ts";

const round = (state: Round["state"]): Round => ({ id: "r", state }) as Round;

/** A stream, a clock and a server for watchRound. */
function watching(states: Round["state"][]) {
  const seen: string[] = [];
  let timer: (() => void) | null = null;
  const asked: (string | number)[] = [];
  const stream: EventStream & { closed: boolean } = {
    onmessage: null,
    onerror: null,
    closed: false,
    close() {
      stream.closed = true;
    },
  };
  const stop = watchRound("r", ({ state }) => seen.push(state), {
    openStream: (url) => {
      asked.push(url);
      return stream;
    },
    read: async (address) => {
      asked.push(address);
      const state = states.shift();
      if (!state) throw new Error("no network");
      return round(state);
    },
    later: (task, ms) => {
      asked.push(ms);
      timer = task;
      return () => {
        timer = null;
      };
    },
  });
  const tick = async () => {
    timer?.();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  const say = (state: Round["state"]) => stream.onmessage?.({ data: JSON.stringify(round(state)) });
  return { seen, asked, stream, stop, tick, say, waits: () => timer !== null };
}

test("events of the stream are passed on until the round is ready", () => {
  const watch = watching([]);
  watch.say("generating");
  watch.say("ready");
  expect(watch.seen).toEqual(["generating", "ready"]);
  expect(watch.stream.closed).toBe(true);
  expect(watch.waits()).toBe(false);
});

test("a stream that breaks or stays silent is replaced by asking", async () => {
  const watch = watching(["generating", "failed"]);
  watch.stream.onerror?.();
  await watch.tick();
  await watch.tick();
  expect(watch.seen).toEqual(["generating", "failed"]);
  expect(watch.waits()).toBe(false);
});

test("the stream gets four seconds for each event; after it is given up, the server is asked every second until there is news", async () => {
  const watch = watching(["generating", "ready"]);
  watch.say("generating");
  await watch.tick();
  expect(watch.stream.closed).toBe(true);
  await watch.tick();
  expect(watch.asked).toEqual(["/api/rounds/r/events", 4000, 4000, "/api/rounds/r", 1000, "/api/rounds/r"]);
  watch.say("ready");
  expect(watch.seen).toEqual(["generating", "generating", "ready"]);
  const broken = watching([]);
  broken.stream.onerror?.();
  expect(broken.asked.at(-1)).toBe(1000);
});

test("asking goes on when an answer fails to come", async () => {
  const watch = watching([]);
  await watch.tick();
  expect(watch.seen).toEqual([]);
  expect(watch.waits()).toBe(true);
  watch.stop();
  expect(watch.waits()).toBe(false);
});
