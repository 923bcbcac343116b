import { seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planSplits, type SplitPlan } from "../../src/splits/splits.ts";

interface Ranking {
  readonly caption: string;
  readonly user_id: bigint;
}

const rankings = fc.array(
  fc.record({ caption: fc.integer({ min: 0, max: 25 }).map((n) => `prompt ${n}`), user_id: fc.bigInt({ min: 1n, max: 12n }) }),
  { maxLength: 150, size: "max" },
);

const at = (of: readonly Ranking[], plan: SplitPlan, split: string, unique = false) =>
  of.filter((_, i) => plan.splits[i] === split && (!unique || plan.unique[i]));
const shared = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].filter((caption) => b.has(caption));
const prompts = (of: readonly Ranking[]) => new Set(of.map(({ caption }) => caption));

test("whatever the rankings: no prompt in two splits, halves of one size, one unique ranking per held-out prompt, people taken in turns", () => {
  fc.assert(
    fc.property(rankings, fc.nat(), (of, seed) => {
      const plan = planSplits(of, seededRandom(seed));
      const [train, validation, test] = [at(of, plan, "train"), at(of, plan, "validation"), at(of, plan, "test")];
      expect(train.length + validation.length + test.length).toBe(of.length);
      expect(shared(prompts(train), prompts(validation))).toEqual([]);
      expect(shared(prompts(train), prompts(test))).toEqual([]);
      expect(shared(prompts(validation), prompts(test))).toEqual([]);
      expect(prompts(validation).size).toBe(prompts(test).size);
      expect(prompts(validation).size * 2).toBe(plan.heldOutPrompts);

      const unique = [...at(of, plan, "validation", true), ...at(of, plan, "test", true)];
      expect(unique).toHaveLength(plan.heldOutPrompts);
      expect(prompts(unique).size).toBe(plan.heldOutPrompts);
      expectTurns(of, unique);
      expect(at(of, plan, "train", true)).toEqual([]);
      expect(planSplits(of, seededRandom(seed))).toEqual(plan);
    }),
  );
});

/** A person has a second held-out prompt only where everybody else who had another prompt to give has a first one, and so on. */
function expectTurns(of: readonly Ranking[], unique: readonly Ranking[]): void {
  const held = prompts(unique);
  const turns = new Map(of.map(({ user_id }) => [user_id, 0]));
  for (const { user_id } of unique) turns.set(user_id, (turns.get(user_id) ?? 0) + 1);
  for (const [user, count] of turns) {
    const free = of.filter(({ user_id, caption }) => user_id === user && !held.has(caption));
    // One prompt of an odd number goes back, which may leave a person a turn behind.
    if (free.length > 0) expect(count).toBeGreaterThanOrEqual(Math.max(...turns.values()) - 2);
  }
}

/** `people` people with `each` prompts of their own, two rankings of each prompt. */
function plain(people: number, each: number): Ranking[] {
  return Array.from({ length: people * each * 2 }, (_, i) => ({
    caption: `prompt ${i % (people * each)}`,
    user_id: BigInt(i % people),
  }));
}

describe("the number of held-out prompts", () => {
  test.each([
    ["1,000 in a dataset of the original's size", 4375, 8, 1000],
    ["a fifth of the prompts in a small dataset", 100, 2, 40],
    ["60 where there are fewer people, so that both unique splits have 30 examples", 10, 50, 60],
    ["no more than there are people above 60", 70, 50, 70],
    ["even: 71 people make 70", 71, 50, 70],
    ["a fifth of the prompts of a single person, too", 1, 60, 12],
    ["2 in a dataset of three prompts", 3, 1, 2],
    ["none in a dataset of two prompts", 2, 1, 0],
    ["none without rankings", 0, 0, 0],
  ])("is %s", (_, people, each, expected) => {
    expect(planSplits(plain(people, each), seededRandom(1)).heldOutPrompts).toBe(expected);
  });

  test("follows the settings", () => {
    const of = plain(100, 2);
    expect(planSplits(of, seededRandom(1), { heldOutShare: 0.5 }).heldOutPrompts).toBe(100);
    expect(planSplits(of, seededRandom(1), { heldOutPrompts: 12 }).heldOutPrompts).toBe(12);
    expect(planSplits(of, seededRandom(1), { heldOutPrompts: 13 }).heldOutPrompts).toBe(12);
    expect(planSplits(of, seededRandom(1), { heldOutShare: 2 }).heldOutPrompts).toBe(100);
    expect(planSplits(plain(3, 4), seededRandom(1), { heldOutShare: 2 }).heldOutPrompts).toBe(12);
    expect(planSplits(of, seededRandom(1), { heldOutPrompts: 0 }).splits).toEqual(of.map(() => "train"));
    expect(planSplits(of, seededRandom(1), { heldOutShare: 0 }).splits).toEqual(of.map(() => "train"));
  });

  test("is said in words, with the rule", () => {
    const rule = (people: number) => planSplits(plain(people, 50), seededRandom(1)).rule;
    expect(rule(70)).toBe(
      "70 of 3500 prompts are held out, each drawn from a different one of 70 people (at most 1000 prompts and 20 % of all), half for validation and half for test.",
    );
    expect(rule(10)).toBe(
      "60 of 500 prompts are held out, drawn in turns from 10 of 10 people (at most 1000 prompts and 20 % of all), half for validation and half for test.",
    );
  });
});

test("every person and every prompt has the same chance", () => {
  const of = plain(20, 3);
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 1500; seed++) {
    const plan = planSplits(of, seededRandom(seed));
    for (const caption of prompts(at(of, plan, "validation"))) counts.set(caption, (counts.get(caption) ?? 0) + 1);
  }
  // 6 of 60 prompts in each of 1,500 draws: 150 each, standard deviation 11.6.
  expect(counts.size).toBe(60);
  for (const count of counts.values()) expect(Math.abs(count - 150)).toBeLessThan(55);
});

test("a prompt shared by all is drawn for one person, who alone ranks it in the unique split; all others have only prompts of their own there", () => {
  const of = Array.from({ length: 40 }, (_, i) => ({ caption: i < 20 ? "shared" : `own ${i}`, user_id: BigInt(i % 20) }));
  for (let seed = 0; seed < 50; seed++) {
    const plan = planSplits(of, seededRandom(seed), { heldOutShare: 1 });
    expect(plan.heldOutPrompts).toBe(20); // Of 21 prompts; one person gives two at most.
    expect(of.filter(({ caption }, i) => caption === "shared" && plan.unique[i]).length).toBeLessThanOrEqual(1);
  }
});

test("a dataset that was split once is split in the same way again: a golden plan", () => {
  const plan = planSplits(plain(5, 2), seededRandom(7), { heldOutShare: 0.6 });
  expect(lettersOf(plan)).toBe("Tt--V--VvTtT--v--vVt");
});

test("prompts that stay together are golden as well, and the rule says why they do", () => {
  // Twenty spellings of ten prompts, by six people; the second spelling is another person's.
  const of = Array.from({ length: 40 }, (_, i) => ({
    caption: `${i % 20 < 10 ? "a" : "A"} cat ${i % 10}`,
    user_id: BigInt(i % 6),
  }));
  const alike = planSplits(of, seededRandom(3), { heldOutShare: 0.6 });
  expect(lettersOf(alike)).toBe("--TVT--TVV--tVT--TVV--tvt--tvv--Tvt--tvv");
  expect(alike.rule).toContain(" for test. Prompts that are alike stay together: there are 10 that are not.");
  const apart = planSplits(plain(6, 2), seededRandom(3), { heldOutShare: 0.6, disjointPeople: true });
  expect(lettersOf(apart)).toBe("t-v--Vt-v--vT-V--vT-V--V");
  expect(apart.rule).toMatch(/ for test\. Nobody's rankings are in two of them\.$/);
});

/** Rankings of up to nine families of one to four spellings each, by up to six people. */
const spelled = fc.array(
  fc.record({
    caption: fc.tuple(fc.nat(8), fc.nat(3)).map(([n, way]) => `${["fox", "Fox", "fOx", "foX"][way % (1 + (n % 4))]} ${n}`),
    user_id: fc.bigInt({ min: 1n, max: 6n }),
  }),
  { maxLength: 60, size: "max" },
);

test("whatever stays together: no more is held out than may be, nothing that fits is left, and halves are as equal as can be", () => {
  fc.assert(
    fc.property(spelled, fc.nat(9), fc.nat(), (of, most, seed) => {
      const plan = planSplits(of, seededRandom(seed), { heldOutPrompts: most, heldOutShare: 1 });
      const held = prompts(of.filter((_, i) => plan.splits[i] !== "train"));
      expect(held.size).toBe(plan.heldOutPrompts);
      const limit = Math.min(most, prompts(of).size);
      expect(held.size).toBeLessThanOrEqual(limit);
      const families = [...Map.groupBy(prompts(of), (caption) => caption.toLowerCase()).values()];
      const sizesWhere = (isHeld: boolean) =>
        families.filter(([first = ""]) => held.has(first) === isHeld).map(({ length }) => length);
      // An odd number is made even by giving back a prompt that stands alone, if there is one.
      if (held.size % 2 === 1) expect(sizesWhere(true)).not.toContain(1);
      const fitting = sizesWhere(false).filter((size) => size + held.size < limit);
      expect([[], [1]]).toContainEqual(fitting);
      const sizes = ["validation", "test"].map((split) => prompts(at(of, plan, split)).size);
      expect(Math.abs((sizes[0] ?? 0) - (sizes[1] ?? 0))).toBeLessThan(2 * Math.max(1, ...families.map((all) => all.length)));
    }),
    { numRuns: 60 },
  );
});

test("prompts that are alike and more than may be held out stay in train, and the plan ends", () => {
  const of = ["fox 1", "Fox 1", "fOx 1", "foX 1", "bear"].map((caption) => ({ caption, user_id: 1n }));
  expect(lettersOf(planSplits(of, seededRandom(1), { heldOutShare: 0.6 }))).toBe("-----");
  expect(lettersOf(planSplits(of, seededRandom(1), { heldOutShare: 0.8 })).replace(/[vt]/gi, "x")).toBe("xxxx-");
});

/** The plan as text: v, t or - for each ranking, in capitals where it is one of a unique split. */
function lettersOf(plan: SplitPlan): string {
  const signs = { train: ["-", "-"], validation: ["v", "V"], test: ["t", "T"] };
  return plan.splits.map((split, i) => signs[split][Number(plan.unique[i])]).join("");
}
