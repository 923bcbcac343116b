/** @file Simulated people: set so that ties and experts are as in the paper. */

import { hash, seeded } from "@pickapic/chance";
import { describe, expect, test } from "vitest";
import { type Choice, describeImage, expert, person, type SimulatedRanking, simulateRankings, utility } from "../src/index.ts";
import { requestFor } from "./requests.ts";

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** SPEC 5: 1 when equal, 0.5 when exactly one is a tie, else 0. */
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
