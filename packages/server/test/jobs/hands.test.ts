/** @file The hands of a worker that each backend may have. */

import type { Backend } from "@pickapic/generation";
import { expect, test } from "vitest";
import { modelsThatWait } from "../../src/jobs/hands.ts";

/** A backend with models of these names and weights. */
function backendOf(models: Readonly<Record<string, number>>, concurrency?: number): Backend {
  const all = Object.entries(models).map(([name, weight]) => ({
    name,
    weight,
    steps: null,
    scheduler: null,
    width: null,
    height: null,
  }));
  return {
    name: "x",
    simulated: false,
    models: all,
    ...(concurrency !== undefined && { concurrency }),
    generate: () => Promise.reject(new Error("no image is made")),
  };
}

const [a, b] = [backendOf({ a: 1 }, 1), backendOf({ b: 1, c: 1 }, 8)];

test.each<[what: string, backends: readonly Backend[], generating: string[], hands: number, without: string[]]>([
  ["a single backend has all hands", [b], ["b", "b"], 2, []],
  ["one beside others that are never drawn as well", [b, backendOf({ d: 0 })], ["b", "b"], 2, []],
  ["of two, each has one of two hands", [a, b], ["a"], 2, ["a"]],
  ["the models of a backend share its hands", [a, b], ["b"], 2, ["b", "c"]],
  ["of many hands, one is left for the others", [a, b], ["b", "c", "b"], 4, ["b", "c"]],
  ["and no backend has more than it makes at once, and one to follow", [a, b], ["a", "a"], 9, ["a"]],
  ["one that makes one image at once gets the next before the first has ended", [a, b], ["a"], 9, []],
  ["a worker that makes one image at once takes what comes", [a, b], [], 1, []],
  ["images of models that are gone count for none", [a, b], ["gone", "gone"], 2, []],
  ["one that names no number may have all hands but one", [backendOf({ d: 1 }), a], ["d", "d"], 3, ["d"]],
])("%s", (_what, backends, generating, hands, without) => {
  expect(modelsThatWait(backends, generating, hands)).toEqual(without);
});
