/** @file The hidden truth: repeatable, obeying more as guidance rises, and different from generator to generator. */

import { readFile } from "node:fs/promises";
import { seeded } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { checksFor } from "../src/depiction.ts";
import { describeImage, sampleCaption, toyBackend } from "../src/index.ts";
import { GOLDEN_REQUESTS, requestFor } from "./requests.ts";
import { type Snapshot, snapshot } from "./snapshot.ts";

const golden = JSON.parse(await readFile(new URL("../../../fixtures/toyworld/golden.json", import.meta.url), "utf8")) as {
  snapshots: Snapshot[];
};
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("golden requests show what they have always shown", async () => {
  expect(golden.snapshots.map(({ request }) => request)).toEqual(GOLDEN_REQUESTS);
  for (const kept of golden.snapshots) expect((await snapshot(kept.request)).depiction).toBe(kept.depiction);
});

test("size, steps and negative prompt do not change what is shown", () => {
  const request = requestFor("two red apples left of a cat");
  expect(describeImage({ ...request, width: 512, height: 256, steps: 1, negativePrompt: "cat" })).toEqual(describeImage(request));
});

test("what is obeyed is what is shown", () => {
  const random = seeded("obeyed");
  for (let seed = 0; seed < 2000; seed++) {
    const { asked, shown, checks } = describeImage(
      requestFor(sampleCaption(random), { seed, model: seed % 2 ? "toy-classic" : "toy-turbo" }),
    );
    for (const { attribute, thing, obeyed } of checks) {
      const wanted = asked.things[thing ?? 0];
      const drawn = shown.things.find((candidate) => candidate.asked === (thing ?? 0));
      const same = {
        object: drawn?.object === wanted?.object,
        count: drawn?.object === wanted?.object && drawn?.count === wanted?.count,
        color: drawn?.object === wanted?.object && drawn?.color === wanted?.color,
        relation: shown.relation === asked.relation,
        background: shown.background === asked.background,
        style: shown.style === asked.style,
      }[attribute];
      expect(obeyed, JSON.stringify({ attribute, asked, shown })).toBe(same);
    }
  }
});

test("more guidance never loses what less guidance obeyed, and makes colours more vivid until the picture burns", () => {
  const random = seeded("guidance");
  const vividness: number[][] = [[], []];
  const burn: number[][] = [[], []];
  for (let seed = 0; seed < 500; seed++) {
    const prompt = sampleCaption(random);
    const [low, high] = [4, 11].map((guidanceScale) => describeImage(requestFor(prompt, { seed, guidanceScale })));
    for (const [i, check] of low!.checks.entries()) if (check.obeyed) expect(high!.checks[i]!.obeyed).toBe(true);
    for (const [i, depiction] of [low!, high!].entries()) {
      vividness[i]!.push(depiction.vividness);
      burn[i]!.push(depiction.burn);
    }
  }
  expect(mean(vividness[1]!)).toBeGreaterThan(mean(vividness[0]!) + 0.2);
  expect(mean(burn[0]!)).toBeLessThan(0.01);
  expect(mean(burn[1]!)).toBeGreaterThan(0.1);
});

describe("the four generators", () => {
  const models = toyBackend().models.map(({ name }) => name);
  const of = (model: string) => {
    const random = seeded("generators");
    return Array.from({ length: 800 }, (_, seed) => describeImage(requestFor(sampleCaption(random), { seed, model })));
  };
  const depictions = Object.fromEntries(models.map((model) => [model, of(model)]));
  const rank = (value: (d: ReturnType<typeof describeImage>) => number) =>
    [...models].sort((a, b) => mean(depictions[b]!.map(value)) - mean(depictions[a]!.map(value)));

  test("are four, and differ in how often they obey", () => {
    expect(rank((d) => d.faithfulness)).toEqual(["toy-xl", "toy-turbo", "toy-dream", "toy-classic"]);
  });

  test("differ in polish and vividness, each in its own way", () => {
    expect(rank((d) => -d.noise - d.blur - d.artefacts)[0]).toBe("toy-xl");
    expect(rank((d) => d.burn)[0]).toBe("toy-turbo");
    expect(rank((d) => d.vividness).at(-1)).toBe("toy-classic");
    expect(rank((d) => (d.shown.style === "watercolour" ? 1 : 0))[0]).toBe("toy-dream");
  });
});

test("a model that does not exist is refused with the names of those that do", () => {
  expect(() => describeImage(requestFor("a cat", { model: "toy-xxl" }))).toThrow(
    'There is no model named "toy-xxl". Models on offer: toy-xl, toy-turbo, toy-dream, toy-classic.',
  );
  expect(() => describeImage(requestFor("a cat", { guidanceScale: Number.NaN }))).toThrow(/must be numbers/);
});

describe("the demands of a prompt on an image", () => {
  test("that was made with it are the image's own", () => {
    const random = seeded("demands");
    for (let seed = 0; seed < 500; seed++) {
      const prompt = sampleCaption(random);
      const depiction = describeImage(requestFor(prompt, { seed, model: "toy-classic" }));
      // A copy of the scene is another object, so that everything is looked at anew.
      const anew = checksFor(prompt, { ...depiction, asked: { ...depiction.asked } });
      expect(anew).toEqual(depiction.checks);
    }
  });

  test("that was made with more words are the prompt's, not those of the words around it", () => {
    const around = describeImage(requestFor("watercolour painting of a dog beside a cat left of an apple at night", { seed: 5 }));
    const own = checksFor("a cat", around);
    expect(own.map(({ attribute }) => attribute)).toEqual(["object", "count"]);
    expect(own[0]?.obeyed).toBe(around.shown.things.some(({ object }) => object === "cat"));
  });

  test("know the relation also when the words around the prompt turn it", () => {
    const turned = describeImage(requestFor("an apple right of a cat", { seed: 2 }));
    const [relation] = turned.checks.filter(({ attribute }) => attribute === "relation");
    expect(checksFor("a cat left of an apple", turned).find(({ attribute }) => attribute === "relation")).toEqual(relation);
  });
});
