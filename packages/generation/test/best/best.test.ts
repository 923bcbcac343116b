/** @file Best of n: the order, the progress, the refusals. */

import { describe, expect, test } from "vitest";
import { RetryLater } from "../../src/http/retryAfter.ts";
import {
  type Backend,
  type BestOfSettings,
  bestOf,
  type CompleteRequest,
  expectedGain,
  FEWEST_SCORES,
  GenerationError,
  isEnough,
  isGainBelow,
  parsePrompt,
  promptTemplates,
  reasonsText,
} from "../../src/index.ts";
import { fakeBackend, seeded } from "../toys.ts";

const settings: BestOfSettings = {
  prompt: parsePrompt("a cat [dog]"),
  backend: fakeBackend("toy", ["a"]),
  model: "a",
  random: seeded(1),
  score: async (_prompt, images) => images.map(scoreOf),
};

/** The score of an image of the fake backend: a number that its seed decides. */
const scoreOf = (bytes: Uint8Array): number => (JSON.parse(new TextDecoder().decode(bytes)) as CompleteRequest).seed % 1000;

describe("bestOf", () => {
  test("returns every image with its request and score, best first, scored against the prompt without the template's words", async () => {
    const asked: [string, number][] = [];
    const score: BestOfSettings["score"] = (prompt, images) => {
      asked.push([prompt, images.length]);
      return settings.score(prompt, images);
    };
    const { candidates, ...rest } = await bestOf(9, { ...settings, score, templates: promptTemplates.slice(0, 3) });
    expect(rest).toEqual({ scored: 9, failures: new Map(), saved: 0, untried: 0 });
    expect(candidates).toHaveLength(9);
    expect(new Set(asked.map(([prompt]) => prompt))).toEqual(new Set(["a cat"]));
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ image }) => scoreOf(image.bytes)));
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ score }) => score).sort((a, b) => b - a));
  });

  test("tells its progress with the best so far, and stops when asked to", async () => {
    const controller = new AbortController();
    const told: unknown[] = [];
    const scores = [3, 5, 4, 9];
    const onProgress: BestOfSettings["onProgress"] = ({ scored, best, isBetter }) => {
      told.push([scored, best[0]?.score, isBetter]);
      if (scored === 3) controller.abort();
    };
    const score = async (_: string, images: Uint8Array[]) => images.map(() => scores.shift() ?? 0);
    const settled = bestOf(5, { ...settings, score, onProgress, patience: 1e-9, signal: controller.signal });
    await expect(settled).rejects.toThrow(/abort/i);
    expect(told).toEqual([
      [1, 3, true],
      [2, 5, true],
      [3, 5, false],
    ]);
  });

  /** A best of 12 by a backend and a scorer that end each call when they are told to, and how many calls of each were open at a time. */
  async function together(concurrency: number, patience?: number) {
    const open = { generating: 0, scoring: 0 };
    const most = { generating: 0, scoring: 0, both: 0, batch: 0 };
    const during = async <T>(what: keyof typeof open, turns: number, work: () => Promise<T>) => {
      open[what]++;
      most[what] = Math.max(most[what], open[what]);
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      most.both = Math.max(most.both, Math.min(open.generating, open.scoring));
      open[what]--;
      return work();
    };
    const generate: Backend["generate"] = (request) => during("generating", 2, () => settings.backend.generate(request));
    const score: BestOfSettings["score"] = (prompt, images) => {
      most.batch = Math.max(most.batch, images.length);
      return during("scoring", 5, () => settings.score(prompt, images));
    };
    await bestOf(12, { ...settings, score, patience, backend: { ...settings.backend, concurrency, generate } });
    return most;
  }

  test("makes as many images at a time as the backend does, and scores those that have come in one batch meanwhile", async () => {
    expect(await together(1)).toMatchObject({ generating: 1, scoring: 1, both: 1 });
    const four = await together(4);
    expect(four).toMatchObject({ generating: 4, scoring: 1, both: 1 });
    expect(four.batch).toBeGreaterThan(1);
  });

  test("with patience fills no slot before the image that left it has a score, which decides whether there is a next one", async () => {
    expect(await together(1, 1e-9)).toEqual({ generating: 1, scoring: 1, both: 0, batch: 1 });
    expect(await together(4, 1e-9)).toMatchObject({ generating: 4, scoring: 1, batch: 1 });
  });

  test("with patience stops at the first image after which the expected gain is not above it, and says how many it saved", async () => {
    const scores = Array.from({ length: 40 }, (_, i) => Math.sin(7 * i) * (1 - i / 60));
    const stop = (patience: number) =>
      scores.findIndex((_, i) => {
        const gain = expectedGain(scores.slice(0, i + 1));
        return gain !== null && gain <= patience;
      }) + 1;
    for (const patience of [0.4, 0.01, 0.006, 0.0025]) {
      const left = [...scores];
      const score: BestOfSettings["score"] = async () => [left.shift() ?? 0];
      const { candidates, saved } = await bestOf(40, { ...settings, patience, score });
      expect(candidates).toHaveLength(stop(patience));
      expect(saved).toBe(40 - stop(patience));
    }
    expect(stop(0.4)).toBe(FEWEST_SCORES);
    expect(new Set([0.4, 0.01, 0.006, 0.0025].map(stop)).size).toBe(4);
  });

  test("hands the signal to the backend, which may stop in the middle of an image", async () => {
    const controller = new AbortController();
    const generate: Backend["generate"] = (request, options) => {
      controller.abort();
      options?.signal?.throwIfAborted();
      return settings.backend.generate(request, options);
    };
    const of = bestOf(1, { ...settings, backend: { ...settings.backend, generate }, signal: controller.signal });
    await expect(of).rejects.toThrow(/abort/i);
  });

  test("tells a backend that makes an image when its caller leaves, and when the scorer has failed", async () => {
    for (const end of ["caller", "scorer"] as const) {
      const controller = new AbortController();
      let given: AbortSignal | undefined;
      let asked = 0;
      const generate: Backend["generate"] = (request, options) => {
        given = options?.signal;
        if (asked++ === 0) return settings.backend.generate(request);
        if (end === "caller") setImmediate(() => controller.abort(new Error("caller")));
        return new Promise<never>(() => undefined);
      };
      const score: BestOfSettings["score"] = async (...asks) => {
        if (end === "scorer") throw new Error("scorer");
        return await settings.score(...asks);
      };
      const backend = { ...settings.backend, concurrency: 2, generate };
      await expect(bestOf(2, { ...settings, backend, score, signal: controller.signal })).rejects.toThrow(end);
      expect([end, given?.aborted]).toEqual([end, true]);
    }
  });

  test.each([
    [{ score: async () => [1, 2] }, "the scorer gave 2 numbers for an image; expected one finite number for each."],
    [{ score: async () => [] }, "the scorer gave 0 numbers for an image"],
    [{ score: scorer([1, Number.NaN]) }, "the scorer gave NaN for an image"],
    [{ score: scorer([1, 2, Number.POSITIVE_INFINITY]) }, "the scorer gave Infinity for an image"],
    [{ patience: 0 }, "patience must be a probability above 0 and below 0.5; got 0."],
    [{ patience: 0.5 }, "got 0.5."],
    [{ patience: Number.NaN }, "got NaN."],
  ])("refuses scores that are missing or no numbers, and a patience out of range: %#", async (wrong, sentence) => {
    await expect(bestOf(3, { ...settings, patience: 1e-9, ...wrong })).rejects.toThrow(sentence);
  });

  test("goes on when images cannot be made or scored, and counts them by their reason", async () => {
    let asked = 0;
    const generate: Backend["generate"] = async (request) => {
      if (++asked % 3 === 0) throw new GenerationError("PICKAPIC_BACKEND_FAILED", "a", 500, "no memory");
      return settings.backend.generate(request);
    };
    let scored = 0;
    const score: BestOfSettings["score"] = async (_, images) =>
      images.map(() => (++scored === 5 ? { message: "It is no picture." } : scored));
    const found = await bestOf(12, { ...settings, score, hold: 2, backend: { ...settings.backend, concurrency: 2, generate } });
    expect(found.candidates.map(({ score }) => score)).toEqual([8, 7]);
    expect(found).toMatchObject({ scored: 7, saved: 0 });
    const said = 'Model "a": its backend failed (status 500); it says: no memory';
    expect(found.failures).toEqual(
      new Map([
        [said, 4],
        ["It is no picture.", 1],
      ]),
    );
  });

  test("after ten failures in a row returns what it has, and says how many images it did not try", async () => {
    let asked = 0;
    const generate: Backend["generate"] = async (request) => {
      if (++asked > 4) throw new GenerationError("PICKAPIC_BACKEND_FAILED", "a", 500, "no memory");
      return settings.backend.generate(request);
    };
    const found = await bestOf(100, { ...settings, backend: { ...settings.backend, generate } });
    expect(found).toMatchObject({ scored: 4, saved: 0, untried: 86 });
  });

  test("with nothing but failures starts no more than ten images, and says why there is none", async () => {
    let asked = 0;
    const generate = async () => {
      asked++;
      throw new GenerationError("PICKAPIC_BACKEND_REFUSED", "a", 401, "no key");
    };
    const of = bestOf(100, { ...settings, backend: { ...settings.backend, generate } });
    await expect(of).rejects.toMatchObject({
      code: "PICKAPIC_BEST_OF_NONE",
      message: expect.stringMatching(/all 10 that were tried failed: Model "a".*\(10 images\)$/),
    });
    expect(asked).toBe(10);
  });

  test("waits for a backend that rests as long as it asks for, and then gets its image", async () => {
    const pauses: number[] = [];
    let asked = 0;
    const generate: Backend["generate"] = async (request) => {
      if (++asked < 3) throw new GenerationError("PICKAPIC_BACKEND_RESTING", "a", 5).because(new RetryLater(30_000));
      return settings.backend.generate(request);
    };
    const pause = async (ms: number) => pauses.push(ms);
    const { scored } = await bestOf(2, { ...settings, pause, backend: { ...settings.backend, generate } });
    expect([scored, pauses]).toEqual([2, [30_000, 30_000]]);
  });

  test("when the scorer fails, the images under way are not wanted any more", async () => {
    let given: AbortSignal | undefined;
    let asked = 0;
    const generate: Backend["generate"] = (request, options) => {
      given = options?.signal;
      return asked++ === 0 ? settings.backend.generate(request) : new Promise<never>(() => undefined);
    };
    const score = () => Promise.reject(new Error("no scorer"));
    const backend = { ...settings.backend, concurrency: 2, generate };
    await expect(bestOf(2, { ...settings, score, backend })).rejects.toThrow("no scorer");
    expect([asked, given?.aborted]).toEqual([2, true]);
  });

  test("that is given up when its last image has come gives nothing", async () => {
    const left = new AbortController();
    const onProgress = () => left.abort(new Error("left"));
    await expect(bestOf(1, { ...settings, onProgress, signal: left.signal })).rejects.toThrow("left");
  });

  test("holds the best images, those without a score and those under way, and no others", async () => {
    const bound = { hold: 3, concurrency: 4, unscored: 16 };
    let [generated, scored, most] = [0, 0, 0];
    const generate: Backend["generate"] = (request) => {
      generated++;
      return settings.backend.generate(request);
    };
    const score: BestOfSettings["score"] = async (_, images) => {
      // Generation runs far ahead unless it is held back.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      scored += images.length;
      most = Math.max(most, generated - scored);
      return images.map((_, i) => -scored - i);
    };
    await bestOf(200, {
      ...settings,
      score,
      hold: bound.hold,
      backend: { ...settings.backend, concurrency: bound.concurrency, generate },
    });
    expect(most).toBeGreaterThan(bound.concurrency);
    expect(most).toBeLessThanOrEqual(bound.unscored + bound.concurrency);
  });
});

test("reasons are told with how many images each concerns, where there is more than one", () => {
  const failures = new Map([
    ["No memory.", 1],
    ["No key.", 3],
  ]);
  expect(reasonsText(failures)).toBe("No memory. No key. (3 images)");
  expect(reasonsText(new Map())).toBe("");
});

test("a gain that is as large as the patience is not worth another image; one that is not known yet is", () => {
  expect([null, 0.2, 0.1, 0.05].map((gain) => isGainBelow(gain, 0.1))).toEqual([false, false, true, true]);
  const equal = (count: number) => isEnough(Array(count).fill({ score: 3 }), 1e-9);
  expect([equal(FEWEST_SCORES - 1), equal(FEWEST_SCORES)]).toEqual([false, true]);
});

/** Gives these scores, one at a call. */
function scorer(scores: number[]): BestOfSettings["score"] {
  return async () => scores.splice(0, 1);
}
