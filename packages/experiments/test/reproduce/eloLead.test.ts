import { gauss, type Random, seededRandom } from "@pickapic/chance";
import type { GameCount } from "@pickapic/evaluation";
import { expect, test } from "vitest";
import { eloLead } from "../../src/reproduce/steps/eloLead.ts";

/** Answers about `models` configurations by three judges, of whom `other` knows nothing of what people like, and `ours` knows it. */
function judged(models: number, answers: number, random: Random) {
  const strengths = Array.from({ length: models }, () => gauss(random));
  const unrelated = Array.from({ length: models }, () => gauss(random));
  const shown = Array.from({ length: answers }, (_, i) => {
    const a = Math.floor(models * random());
    return { a, b: (a + 1 + Math.floor((models - 1) * random())) % models, prompt: i % 60 };
  });
  const by = (worth: readonly number[]) =>
    shown.map(({ a, b, prompt }): GameCount => {
      const wins = random() < 1 / (1 + Math.exp((worth[b] ?? 0) - (worth[a] ?? 0)));
      return { a: `m${a}`, b: `m${b}`, outcome: wins ? 1 : 0, prompt };
    });
  return { people: by(strengths), ours: by(strengths), other: by(unrelated) };
}

test("the lead of a scorer that knows people over one that does not is shown; noise lowers its value, so the interval reaches further up", () => {
  const { value, interval } = eloLead(judged(10, 500, seededRandom(3)), seededRandom(1));
  const [low, high] = interval ?? [0, 0];
  expect(low).toBeGreaterThan(0);
  expect(low).toBeLessThanOrEqual(value);
  expect(high - value).toBeGreaterThan(0.05);
});

test("where two scorers are alike, no lead is shown; with three configurations there is no interval", () => {
  const { people, ours } = judged(10, 500, seededRandom(4));
  const again = judged(10, 500, seededRandom(4)).ours.map((game, i) =>
    i % 10 === 0 ? { ...game, outcome: 0.5 as const } : game,
  );
  const { value, interval } = eloLead({ people, ours, other: again }, seededRandom(1));
  const [low, high] = interval ?? [1, 1];
  expect(Math.abs(value)).toBeLessThan(0.15);
  expect(low).toBeLessThan(0);
  expect(high).toBeGreaterThan(0);
  expect(eloLead(judged(3, 60, seededRandom(5)), seededRandom(1)).interval).toBeNull();
});
