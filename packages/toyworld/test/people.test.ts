/** @file Simulated people: set so that ties and experts are as in the paper. */

import { gauss, hash, seeded } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import type { Check, Depiction } from "../src/depiction.ts";
import { type Choice, describeImage, expert, person, type SimulatedRanking, simulateRankings, utility } from "../src/index.ts";
import { PEOPLE } from "../src/people.ts";
import { requestFor } from "./requests.ts";

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The tie-aware score of the paper, section 4: 1 when equal, 0.5 when exactly one is a tie, else 0. */
function agreement(a: Choice, b: Choice): number {
  return a === b ? 1 : a === "tie" || b === "tie" ? 0.5 : 0;
}

describe.each([1, 2, 3])("over the app's loop, 3,000 answers of seed %d", (seed) => {
  const rankings = [...simulateRankings({ seed, rankings: 3000 })];

  test("11 to 14 % are ties", () => {
    const ties = mean(rankings.map(({ choice }) => (choice === "tie" ? 1 : 0)));
    expect(ties).toBeGreaterThan(0.11);
    expect(ties).toBeLessThan(0.14);
  });

  test("outside experts agree with the author in 66 to 70 %", () => {
    const random = seeded("experts", seed);
    const experts = Array.from({ length: 100 }, (_, i) => expert(hash("expert", seed, i)));
    const judged = rankings.map((r, i) => agreement(experts[i % 100]!.choose(r.prompt, r.left, r.right, random), r.choice));
    expect(mean(judged)).toBeGreaterThan(0.66);
    expect(mean(judged)).toBeLessThan(0.7);
  });

  test("a judge that knows what the average person likes agrees in 77 % or more: there is something to learn", () => {
    const judged = rankings.map((r) => agreement(margin(r) > 0 ? "left" : "right", r.choice));
    expect(mean(judged)).toBeGreaterThan(0.77);
    expect(mean(judged)).toBeLessThan(0.83);
  });

  test("neither slot is preferred", () => {
    const left = rankings.filter(({ choice }) => choice === "left").length;
    const right = rankings.filter(({ choice }) => choice === "right").length;
    expect(Math.abs(left - right)).toBeLessThan(3 * Math.sqrt(left + right));
  });
});

function margin({ left, right }: SimulatedRanking): number {
  return utility(describeImage(left)) - utility(describeImage(right));
}

test("authors prefer the best of 16 by their own utility to a random one in more than 80 %", () => {
  const rankings = [...simulateRankings({ seed: 4, rankings: 2000 })].filter((_, i) => i % 8 === 0);
  const random = seeded("best of 16");
  const won = rankings.map(({ person: author, prompt, left }) => {
    const images = Array.from({ length: 16 }, () => ({ ...left, guidanceScale: 7.5, seed: Math.floor(random() * 2 ** 31) }));
    const best = images.reduce((a, b) => (author.utility(prompt, b) > author.utility(prompt, a) ? b : a));
    return agreement(author.choose(prompt, best, images[0] === best ? images[1]! : images[0]!, random), "left");
  });
  expect(mean(won)).toBeGreaterThan(0.8);
});

describe("a person", () => {
  test("is plain JSON, the same for the same seed, another for another", () => {
    const { parameters } = person(7);
    expect(JSON.parse(JSON.stringify(parameters))).toEqual(parameters);
    expect(person(7).parameters).toEqual(parameters);
    expect(person(8).parameters).not.toEqual(parameters);
    expect([parameters.role, expert(7).parameters.role]).toEqual(["author", "expert"]);
  });

  test("cares most about one demand of a prompt, which an expert does not know", () => {
    const authors = Array.from({ length: 200 }, (_, seed) => person(seed, { taste: 0, weightSpread: 0 }));
    const experts = Array.from({ length: 200 }, (_, seed) => expert(seed, { taste: 0, weightSpread: 0 }));
    const request = requestFor("two red apples left of a cat on a blue background", { model: "toy-classic", seed: 3 });
    const likes = (people: typeof authors) =>
      new Set(people.map((somebody) => somebody.utility(request.prompt, request).toFixed(6))).size;
    expect(describeImage(request).faithfulness).toBeLessThan(1);
    expect(likes(authors)).toBeGreaterThan(1);
    expect(likes(experts)).toBe(1);
  });

  test("says tie when two pictures are the same, unless careless or unsure", () => {
    const sure = person(1, { noiseOfChoice: 0, careless: 0 });
    const request = requestFor("a cat");
    expect(sure.choose("a cat", request, request, seeded("tie"))).toBe("tie");
  });

  test("who is careless answers without looking", () => {
    const careless = person(1, { careless: 1 });
    const random = seeded("careless");
    const choices = Array.from({ length: 1000 }, () =>
      careless.choose("a cat", requestFor("a cat"), requestFor("a cat", { seed: 9 }), random),
    );
    expect(choices.filter((choice) => choice === "tie").length / 1000).toBeCloseTo(0.2, 1);
    expect(choices.filter((choice) => choice === "left").length / 1000).toBeCloseTo(0.4, 1);
  });

  test("likes a picture less for each flaw and each miss, and more for vividness", () => {
    const depiction = describeImage(requestFor("a cat"));
    const worse = (changes: Partial<typeof depiction>) => utility({ ...depiction, ...changes }) - utility(depiction);
    for (const flaw of ["noise", "blur", "artefacts", "burn"] as const)
      expect(worse({ [flaw]: depiction[flaw] + 0.2 })).toBeLessThan(-0.1);
    expect(worse({ vividness: depiction.vividness + 0.2 })).toBeGreaterThan(0.1);
    expect(worse({ checks: [{ attribute: "object", thing: 0, obeyed: false }] })).toBeLessThan(worse({ checks: [] }));
  });
});

/** A picture without flaws of a prompt that demands nothing, unless said otherwise. */
function depictionOf(more: Partial<Depiction> = {}, shown: Partial<Depiction["shown"]> = {}): Depiction {
  const made = describeImage(requestFor("a cat"));
  const plain = { vividness: 0, noise: 0, blur: 0, artefacts: 0, burn: 0, checks: [] };
  return { ...made, ...plain, ...more, shown: { ...made.shown, style: "flat", background: "meadow", ...shown } };
}

const missed = (attribute: Check["attribute"], thing?: 0 | 1): Check => ({
  attribute,
  ...(thing === undefined ? {} : { thing }),
  obeyed: false,
});
const met = (attribute: Check["attribute"], thing?: 0 | 1): Check => ({ ...missed(attribute, thing), obeyed: true });

describe("what the average person likes, worked by hand", () => {
  test.each([
    [{}, 0],
    [{ vividness: 0.5 }, 0.95],
    [{ noise: 0.5 }, -0.9],
    [{ blur: 0.5 }, -1.1],
    [{ artefacts: 0.5 }, -0.95],
    [{ burn: 0.5 }, -0.8],
    [{ vividness: 1, noise: 0.1, blur: 0.1, artefacts: 0.1, burn: 0.1 }, 1.15],
    [{ checks: [met("object", 0), met("count", 0), met("style")] }, 0],
    [{ checks: [missed("style"), missed("relation"), met("background")] }, -0.75],
    // A missing thing is missed once, whatever was said of it; the other thing's demands count.
    [{ checks: [missed("object", 0), missed("count", 0), missed("color", 0), missed("color", 1), met("object", 1)] }, -1.5],
    [{ checks: [met("object", 0), missed("count", 0), missed("color", 0)] }, -0.85],
    [{ checks: [missed("object", 0), missed("object", 1)] }, -2],
    [{ checks: [missed("object", 0), missed("background")] }, -1.5],
  ] as const)("%j is worth %d", (more, expected) => {
    expect(utility(depictionOf(more))).toBeCloseTo(expected, 12);
  });
});

describe("an author's intent", () => {
  const plain = { weightSpread: 0, taste: 0 };
  const authors = Array.from({ length: 300 }, (_, seed) => person(seed, plain));
  const worth = (checks: readonly Check[]) =>
    new Set(authors.map((author) => author.utilityOf("a prompt", depictionOf({ checks })).toFixed(3)));

  test("is one demand of a prompt, whose miss costs 2.5 times as much, and that of any other half as much", () => {
    const [colour, style] = [2.5 * 0.5 + 0.5 * 0.35, 0.5 * 0.5 + 2.5 * 0.35];
    expect(worth([missed("color", 0), missed("style")])).toEqual(new Set([(-colour).toFixed(3), (-style).toFixed(3)]));
  });

  test("is about one demand on a thing, not about all of them", () => {
    const [count, colour] = [0.5, 2.5].map((first) => first * PEOPLE.misses.count + (3 - first) * PEOPLE.misses.color);
    const depiction = [missed("count", 0), missed("color", 0)];
    expect(worth(depiction)).toEqual(new Set([count, colour].map((cost) => (-(cost ?? 0)).toFixed(3))));
  });

  test("is not known to an expert, whatever it would weigh", () => {
    const depiction = depictionOf({ checks: [missed("color", 0), missed("style")] });
    const knowing = expert(1, { ...plain, intent: 5, notIntent: 0.1 });
    expect(knowing.utilityOf("a prompt", depiction)).toBeCloseTo(-0.85, 12);
  });

  test("is about one of two things", () => {
    const either = 2.5 * 0.5 + 0.5 * 0.5;
    expect(worth([missed("color", 0), missed("color", 1)])).toEqual(new Set([(-either).toFixed(3)]));
  });

  test("may be a demand that is met, and is none where the prompt demands nothing or an expert judges", () => {
    expect(worth([met("object", 0), missed("style")])).toEqual(new Set([(-0.5 * 0.35).toFixed(3), (-2.5 * 0.35).toFixed(3)]));
    expect(worth([])).toEqual(new Set(["0.000"]));
    const depiction = depictionOf({ checks: [missed("color", 0), missed("style")] });
    for (const seed of [1, 2, 3]) expect(expert(seed, plain).utilityOf("a prompt", depiction)).toBeCloseTo(-0.85, 12);
  });
});

describe("a taste", () => {
  const { parameters, utilityOf } = expert(3, { taste: 1, weightSpread: 0 });
  const { watercolour, warm, dark, scenic } = parameters.taste;
  test.each([
    ["flat", "meadow", scenic],
    ["watercolour", "meadow", watercolour + scenic],
    ["flat", "night", -0.7 * warm + dark + scenic],
    ["flat", "red backdrop", warm + 0.3 * dark],
    ["flat", "white backdrop", -0.3 * dark],
  ] as const)("adds to a %s picture with %s what the person's record says", (style, background, expected) => {
    expect(utilityOf("a cat", depictionOf({}, { style, background }))).toBeCloseTo(expected, 12);
  });
});

test("people differ from the average by factors and tastes of the spread that is set, recorded to three digits", () => {
  const spreadOf = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
  for (const [of, weightSpread, taste] of [
    [person, 0.3, 0.3],
    [expert, 0.6, 0.6],
  ] as const) {
    const drawn = Array.from({ length: 2000 }, (_, seed) => of(seed).parameters);
    for (const weight of ["vividness", "noise", "blur", "artefacts", "burn"] as const) {
      const factors = drawn.map((parameters) => Math.log(parameters[weight] / PEOPLE[weight]));
      expect(Math.abs(mean(factors))).toBeLessThan(0.06);
      expect(spreadOf(factors) / weightSpread).toBeCloseTo(1, 1);
    }
    const misses = drawn.map((parameters) => Math.log(parameters.misses.relation / PEOPLE.misses.relation));
    expect(spreadOf(misses) / weightSpread).toBeCloseTo(1, 1);
    for (const which of ["watercolour", "warm", "dark", "scenic"] as const) {
      const leanings = drawn.map((parameters) => parameters.taste[which]);
      expect(Math.abs(mean(leanings))).toBeLessThan(0.06);
      expect(spreadOf(leanings) / taste).toBeCloseTo(1, 1);
    }
  }
  const { vividness, taste } = person(1).parameters;
  for (const recorded of [vividness, taste.warm]) expect(Number(recorded.toFixed(3))).toBe(recorded);
});

test("a picture of another prompt misses what the person asked for", () => {
  const request = requestFor("a cat", { model: "toy-classic" });
  const { utility: like } = expert(1, { taste: 0, weightSpread: 0 });
  const demanded = like("a red apple left of a dog on a beach", request);
  expect(demanded).toBeLessThan(like("a cat", request) - 0.5);
});

test("a seed is one person for ever, because the numbers of earlier experiments depend on it", () => {
  expect(person(7).parameters).toMatchInlineSnapshot(`
    {
      "artefacts": 1.874,
      "blur": 3.12,
      "burn": 1.685,
      "careless": 0.04,
      "intent": 2.5,
      "misses": {
        "background": 0.451,
        "color": 0.412,
        "count": 0.538,
        "object": 0.683,
        "relation": 0.288,
        "style": 0.385,
      },
      "noise": 2.759,
      "noiseOfChoice": 0.65,
      "notIntent": 0.5,
      "role": "author",
      "seed": 7,
      "taste": {
        "dark": -0.097,
        "scenic": -0.279,
        "warm": -0.36,
        "watercolour": 0.599,
      },
      "tieBelow": 0.235,
      "vividness": 1.657,
    }
  `);
  const depiction = depictionOf({ checks: [missed("color", 0), missed("style"), missed("relation")] });
  const favourites = Array.from({ length: 8 }, (_, seed) =>
    person(seed, { weightSpread: 0, taste: 0 }).utilityOf("a", depiction),
  );
  expect(favourites.map((worth) => worth.toFixed(3))).toMatchInlineSnapshot(`
    [
      "-1.325",
      "-1.625",
      "-1.425",
      "-1.325",
      "-1.625",
      "-1.625",
      "-1.625",
      "-1.425",
    ]
  `);
});

describe("a decision", () => {
  test("adds its noise to the left side, and is careless only below the share that is set", () => {
    const noisy = person(1, { noiseOfChoice: 1, careless: 0, tieBelow: 0 });
    for (let seed = 0; seed < 20; seed++) {
      const random = seeded("same", seed);
      random();
      expect(noisy.decide(0, 0, seeded("same", seed))).toBe(gauss(random) > 0 ? "left" : "right");
    }
    // A careless answer would draw again, and choose the last of its five.
    const draws = [0, 0.99, 0.99];
    expect(person(1, { noiseOfChoice: 0, careless: 0 }).decide(9, 0, () => draws.shift() ?? 0.99)).toBe("left");
  });

  const sure = person(1, { noiseOfChoice: 0, careless: 0, tieBelow: 0.25 });
  test.each([
    [1, 0, "left"],
    [0, 1, "right"],
    [0.25, 0, "left"],
    [0, 0.25, "right"],
    [0.2, 0, "tie"],
    [0, 0.2, "tie"],
    [-3, -1, "right"],
  ] as const)("between %d and %d is %s", (left, right, expected) => {
    expect(sure.decide(left, right, seeded("decision"))).toBe(expected);
  });

  test("is noisy: a difference of one deviation is seen as what it is in 84 of 100", () => {
    const noisy = person(1, { noiseOfChoice: 2, careless: 0, tieBelow: 0 });
    const random = seeded("noisy");
    const left = Array.from({ length: 4000 }, () => (noisy.decide(3, 1, random) === "left" ? 1 : 0));
    expect(Math.abs(mean(left) - 0.841)).toBeLessThan(0.02);
  });
});
