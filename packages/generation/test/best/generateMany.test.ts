/** @file Many images by one backend: which come, in which time, and what happens when the backend rests, fails or is left. */

import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { RetryLater } from "../../src/http/retryAfter.ts";
import { type Backend, generateMany, type ManySettings, parsePrompt, planBestOf } from "../../src/index.ts";
import { all, fakeBackend, seeded } from "../toys.ts";

const toy = fakeBackend("toy", ["a"]);
const plans = (n: number) => planBestOf(n, { prompt: parsePrompt("a cat"), backend: toy, model: "a", random: seeded(1) });

/** All that a backend makes of n plans: the numbers of the images, with "!" after those that failed. */
async function arrivals(n: number, generate: Backend["generate"], settings: Partial<ManySettings> = {}, concurrency?: number) {
  const backend = { ...toy, generate, ...(concurrency !== undefined && { concurrency }) };
  const found: string[] = [];
  for await (const each of generateMany(plans(n), { backend, ...settings }))
    found.push("failure" in each ? `${each.index}!` : `${each.index}`);
  return found;
}

/** A backend whose requests fail where `isBad` says so, by their number from 0. */
function failing(isBad: (request: number) => boolean): Backend["generate"] {
  let asked = 0;
  return async (request) => {
    if (isBad(asked++)) throw new Error("no memory");
    return toy.generate(request);
  };
}

test("each image has the time from its request to its picture, by the clock that is given", async () => {
  let time = 500;
  const generate: Backend["generate"] = async (request) => {
    time += 40;
    return toy.generate(request);
  };
  const [plan] = plans(1);
  const found = await all(generateMany(plans(2), { backend: { ...toy, generate }, now: () => time }));
  expect(found).toMatchObject([0, 1].map((index) => ({ index, image: { template: plan?.template, generationMs: 40 } })));
});

describe("when images fail", () => {
  test.each([
    ["nine of ten in a row: all are tried", 1, 40, (i: number) => i % 10 !== 9, 40],
    ["ten in a row: no further one", 1, 40, (i: number) => i >= 5, 15],
    ["with eight at a time sixteen in a row, and those that had been started", 8, 60, () => true, 23],
  ])("%s", async (_what, concurrency, n, isBad, tried) => {
    expect(await arrivals(n, failing(isBad), {}, concurrency)).toHaveLength(tried);
  });
});

describe("a backend that rests", () => {
  test.each([
    ["is asked three times for an image, which then has failed", 1_000, ["0!"], [1_000, 1_000]],
    ["is left alone for two minutes at most", 600_000, ["0!"], [120_000, 120_000]],
  ])("%s", async (_what, afterMs, expected, waited) => {
    const pauses: number[] = [];
    const generate = () => Promise.reject(new Error("busy", { cause: new RetryLater(afterMs) }));
    expect(await arrivals(1, generate, { pause: async (ms) => pauses.push(ms) })).toEqual(expected);
    expect(pauses).toEqual(waited);
  });

  test("is not waited for once the caller has left", async () => {
    const left = new AbortController();
    const generate = () => {
      setImmediate(() => left.abort(new Error("left")));
      return Promise.reject(new Error("busy", { cause: new RetryLater(60_000) }));
    };
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    await expect(arrivals(1, generate, { signal: left.signal })).rejects.toThrow("left");
    expect(timers(), "a timer of a minute would keep the process from ending").toBeLessThanOrEqual(before);
  });
});

describe("a caller that leaves", () => {
  test("need not wait for a backend that does not look at the signal, and starts no image once it has left", async () => {
    const left = new AbortController();
    const generate = () => {
      setImmediate(() => left.abort(new Error("left")));
      return new Promise<never>(() => undefined);
    };
    await expect(arrivals(3, generate, { signal: left.signal })).rejects.toThrow("left");
    let asked = 0;
    const counted: Backend["generate"] = (request) => toy.generate(request, { signal: void asked++ });
    await expect(arrivals(3, counted, { signal: left.signal })).rejects.toThrow("left");
    expect(asked).toBe(0);
  });

  test("leaves no listener behind, whether all images came or the loop was left", async () => {
    const { signal } = new AbortController();
    await arrivals(2, toy.generate, { signal });
    for await (const _first of generateMany(plans(3), { backend: toy, signal })) break;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

test("no image is started when there are enough; those under way are handed over", async () => {
  let started = 0;
  const generate: Backend["generate"] = (request) => {
    started++;
    return toy.generate(request);
  };
  expect(await arrivals(5, generate, { isEnough: () => started >= 2 }, 3)).toEqual(["0", "1"]);
});
