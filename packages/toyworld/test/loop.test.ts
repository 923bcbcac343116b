/** @file The loop without the app follows the rules of the app. */

import { expect, test } from "vitest";
import { simulateRankings } from "../src/index.ts";

const rankings = [...simulateRankings({ seed: 1, rankings: 2000 })];

test("gives exactly as many answers as asked for, the same for the same seed", () => {
  expect(rankings).toHaveLength(2000);
  const again = [...simulateRankings({ seed: 1, rankings: 300 })];
  expect(again.map(({ left, choice }) => [left.seed, choice])).toEqual(
    rankings.slice(0, 300).map(({ left, choice }) => [left.seed, choice]),
  );
});

test("the preferred picture stays, either may after a tie, and the other one is new", () => {
  const stayed = { left: 0, right: 0 };
  for (const [i, { round, kept, left, right }] of rankings.entries()) {
    const before = rankings[i - 1];
    if (before?.round !== round) {
      expect(kept).toBeNull();
      continue;
    }
    const old = kept === "left" ? left : right;
    const fresh = kept === "left" ? right : left;
    const allowed = before.choice === "tie" ? [before.left, before.right] : [before[before.choice]];
    expect(allowed).toContain(old);
    expect([before.left, before.right]).not.toContain(fresh);
    stayed[kept!]++;
  }
  expect(Math.abs(stayed.left - stayed.right)).toBeLessThan(3 * Math.sqrt(stayed.left + stayed.right));
});

test("one person writes several prompts and gives several answers to each", () => {
  const rounds = new Set(rankings.map(({ round }) => round)).size;
  const people = new Set(rankings.map(({ author }) => author)).size;
  expect(rankings.length / rounds).toBeGreaterThan(5);
  expect(rounds / people).toBeGreaterThan(4);
  expect(new Set(rankings.map(({ prompt }) => prompt)).size).toBe(rounds);
});
