import { seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { expect, test } from "vitest";
import { foldPrompt, promptFamilies, signatureOf } from "../../src/splits/nearDuplicates.ts";
import { planSplits } from "../../src/splits/splits.ts";

/** The exact Jaccard similarity of the five-letter pieces of two prompts. */
function jaccard(a: string, b: string): number {
  const piecesOf = (text: string) =>
    new Set(Array.from({ length: Math.max(1, text.length - 4) }, (_, i) => text.slice(i, i + 5)));
  const [first, second] = [piecesOf(a), piecesOf(b)];
  return [...first].filter((piece) => second.has(piece)).length / new Set([...first, ...second]).size;
}

const WORDS = ["red", "fox", "castle", "über", "ocean", "neon", "portrait", "of", "a", "winter", "robot", "in", "watercolour"];

/** A prompt of some words. */
const words = fc.array(fc.constantFrom(...WORDS), { minLength: 3, maxLength: 24 }).map((all) => all.join(" "));

/** A prompt that a person would call the same: other case, other Unicode form, other spaces. */
const respelled = (prompt: string, way: number) =>
  [prompt.toUpperCase(), prompt.normalize("NFD"), `  ${prompt.replaceAll(" ", "  ")} `, prompt.replace("a", "ａ")][way % 4] ??
  prompt;

test("folding makes spellings equal that mean the same prompt, and no others", () => {
  fc.assert(
    fc.property(words, fc.nat(), (prompt, way) => {
      expect(foldPrompt(respelled(prompt, way))).toBe(foldPrompt(prompt));
    }),
  );
  expect(foldPrompt("STRASSE ﬁn ΣΑΣ")).toBe(foldPrompt("straße fin σας"));
  expect(foldPrompt("a red fox")).not.toBe(foldPrompt("a red ox"));
});

test("signatures agree in as many bins as the exact Jaccard similarity says, on average", () => {
  const random = seededRandom(3);
  const differences: number[] = [];
  for (let i = 0; i < 200; i++) {
    const all = Array.from({ length: 30 }, () => WORDS[Math.floor(random() * WORDS.length)] ?? "");
    const other = all.with(Math.floor(random() * 30), "quince").slice(Math.floor(random() * 12));
    const [a, b] = [foldPrompt(all.join(" ")), foldPrompt(other.join(" "))];
    const [first, second] = [signatureOf(a), signatureOf(b)];
    differences.push(first.filter((value, bin) => value === second[bin]).length / first.length - jaccard(a, b));
  }
  expect(Math.abs(differences.reduce((sum, each) => sum + each, 0) / differences.length)).toBeLessThan(0.02);
  expect(Math.max(...differences.map(Math.abs))).toBeLessThan(0.3);
});

test("families are those of comparing every pair exactly", () => {
  const pool = fc
    .array(fc.tuple(words, fc.nat({ max: 5 })), { minLength: 2, maxLength: 10 })
    .map((all) => all.flatMap(([prompt, way]) => [prompt, way < 4 ? respelled(prompt, way) : `${prompt}.`]));
  fc.assert(
    fc.property(pool, (prompts) => {
      const families = promptFamilies(prompts);
      for (const [i, a] of prompts.entries())
        for (const [j, b] of prompts.entries())
          if (jaccard(foldPrompt(a), foldPrompt(b)) >= 0.9) expect(families.find(i)).toBe(families.find(j));
      const roots = new Set(prompts.map((_, i) => families.find(i)));
      for (const root of roots) {
        const members = prompts.filter((_, i) => families.find(i) === root).map(foldPrompt);
        const alike = (text: string) => members.filter((other) => jaccard(text, other) >= 0.9).length;
        if (members.length > 1) for (const text of members) expect(alike(text)).toBeGreaterThan(1);
      }
    }),
    { numRuns: 25 },
  );
});

/** Rankings of some people, whose prompts are often spelled again in another way. */
const rankings = fc.array(
  fc.record({ prompt: fc.nat({ max: 40 }), way: fc.nat({ max: 5 }), user_id: fc.bigInt({ min: 1n, max: 9n }) }),
  { maxLength: 30 },
);
const PROMPTS = fc.sample(words, { numRuns: 41, seed: 5 });

test("whatever the rankings: no two alike prompts in two splits, and with disjointPeople no person either", () => {
  fc.assert(
    fc.property(rankings, fc.nat(), fc.boolean(), (drawn, seed, disjointPeople) => {
      const of = drawn.map(({ prompt, way, user_id }) => ({ caption: respelled(PROMPTS[prompt] ?? "", way), user_id }));
      const plan = planSplits(of, seededRandom(seed), { heldOutShare: 0.5, disjointPeople });
      const homes = new Map<string, Set<string>>();
      const add = (key: string, split: string) => homes.set(key, (homes.get(key) ?? new Set()).add(split));
      for (const [i, { caption, user_id }] of of.entries()) {
        add(foldPrompt(caption), plan.splits[i] ?? "");
        if (disjointPeople) add(`person ${user_id}`, plan.splits[i] ?? "");
      }
      for (const splits of homes.values()) expect(splits.size).toBe(1);
      const held = of.filter((_, i) => plan.splits[i] !== "train").map(({ caption }) => caption);
      expect(
        of
          .filter((_, i) => plan.unique[i])
          .map(({ caption }) => caption)
          .sort(),
      ).toEqual([...new Set(held)].sort());
      for (const [i, a] of of.entries())
        for (const [j, b] of of.entries())
          if (plan.splits[i] !== plan.splits[j]) expect(jaccard(foldPrompt(a.caption), foldPrompt(b.caption))).toBeLessThan(0.9);
    }),
    { numRuns: 25 },
  );
});
