import { seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { humanCeiling, type Judgement, type Label } from "../src/index.ts";

const LABELS: readonly Label[] = [0, 1, "tie"];

/** Answers of several people, of whom each gives the true answer of a pair with probability `skill`. */
function answers(pairs: number, people: number, skill: number): Judgement[] {
  const random = seededRandom(5);
  return Array.from({ length: pairs }, (_, i): Judgement[] => {
    const label = LABELS[i % 3] ?? 0;
    return Array.from({ length: people }, (_, person) => ({
      pair: `pair ${i}`,
      prompt: `prompt ${i % 40}`,
      person: `person ${person}`,
      label: random() < skill ? label : (LABELS[Math.floor(3 * random())] ?? 0),
    }));
  }).flat();
}

/** The mean of the score over every two people of each pair, then over the pairs, by its definition. */
function bruteForce(all: readonly Judgement[]): number {
  const score = (a: Label, b: Label) => (a === b ? 1 : a === "tie" || b === "tie" ? 0.5 : 0);
  const means = [...Map.groupBy(all, ({ pair }) => pair).values()].map((own) => {
    const scores = own.flatMap((a, i) => own.flatMap((b, j) => (i < j ? [score(a.label, b.label)] : [])));
    return scores.reduce((sum, each) => sum + each, 0) / scores.length;
  });
  return means.reduce((sum, each) => sum + each, 0) / means.length;
}

test("the ceiling is the mean agreement of every two people, each pair counted once, in its interval", () => {
  const all = [...answers(90, 4, 0.6), ...answers(30, 2, 0.9).map((each) => ({ ...each, pair: `other ${each.pair}` }))];
  const { tieAware, winners, pairs, judgements } = humanCeiling(all, seededRandom(1));
  expect(tieAware.value).toBeCloseTo(bruteForce(all), 12);
  expect({ pairs, judgements }).toEqual({ pairs: 120, judgements: 420 });
  expect(tieAware.interval?.[0]).toBeLessThan(tieAware.value ?? 0);
  expect(tieAware.interval?.[1]).toBeGreaterThan(tieAware.value ?? 1);
  const decided = all.filter(({ label }) => label !== "tie");
  const twice = [...Map.groupBy(decided, ({ pair }) => pair).values()].filter((own) => own.length > 1);
  expect(winners.value).toBeCloseTo(bruteForce(twice.flat()), 12);
  expect(winners.examples).toBe(twice.length);
});

test("pairs that one person judged, even twice, say nothing; too few pairs give a reason and no number", () => {
  const alone = answers(50, 1, 1);
  const { tieAware, pairs } = humanCeiling([...alone, ...alone], seededRandom(1));
  expect(pairs).toBe(0);
  expect(tieAware).toMatchObject({
    value: null,
    interval: null,
    reason: "too few pairs judged by two people (0), at least 30 are needed",
  });
  expect(humanCeiling(answers(29, 2, 1), seededRandom(1)).tieAware.value).toBeNull();
});
