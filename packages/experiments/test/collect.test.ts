import { seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { answerTime, planRankings } from "../src/collect.ts";

const SETTINGS = { seed: 7, rankings: 2000, answersPerPrompt: 4, promptsPerPerson: 2, size: 64 };
const rankings = planRankings(SETTINGS);

test("the same seed plans the same answers, another seed others", () => {
  const plain = (plan: typeof rankings) => plan.map(({ person: _person, ...rest }) => rest);
  expect(plain(planRankings(SETTINGS))).toEqual(plain(rankings));
  expect(plain(planRankings({ ...SETTINGS, seed: 8 }))).not.toEqual(plain(rankings));
});

test("the preferred image stays, the rejected one is replaced, and after a tie one of the two stays", () => {
  for (const [i, ranking] of rankings.entries()) {
    const before = rankings[i - 1];
    if (ranking.kept === null || !before) continue;
    const stays = before.label === "tie" ? before.images.map(({ uid }) => uid) : [before.images[before.label].uid];
    expect(stays).toContain(ranking.images[ranking.kept].uid);
    const seen = before.images.map(({ uid }) => uid);
    expect(seen).not.toContain(ranking.images[1 - ranking.kept]!.uid);
  }
});

test("number, slot and having been kept are independent of each other", () => {
  const share = (test: (ranking: (typeof rankings)[number]) => boolean, of = rankings) => of.filter(test).length / of.length;
  const kept = rankings.filter((ranking) => ranking.kept !== null);
  expect(share(({ slot0 }) => slot0 === "left")).toBeCloseTo(0.5, 1);
  expect(share((ranking) => ranking.kept === 0, kept)).toBeCloseTo(0.5, 1);
  expect(share((ranking) => (ranking.kept === 0) === (ranking.slot0 === "left"), kept)).toBeCloseTo(0.5, 1);
});

test("nobody prefers image 0 because it is number 0", () => {
  const decided = rankings.filter(({ label }) => label !== "tie");
  expect(decided.filter(({ label }) => label === 0).length / decided.length).toBeCloseTo(0.5, 1);
});

test("answer times are plausible: median 3 s, never negative", () => {
  const random = seededRandom(1);
  const times = Array.from({ length: 2001 }, () => answerTime(random)).sort((a, b) => a - b);
  expect(times[0]).toBeGreaterThan(0);
  expect(times[1000]! / 3000).toBeCloseTo(1, 1);
});
