import { seededRandom } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GrowingDictionary } from "../../src/columns/dictionary.ts";
import { joinAlike } from "../../src/splits/alike.ts";
import { divisionsOf, rarePieces, runsOf, samePieces } from "../../src/splits/candidates.ts";
import { Families } from "../../src/splits/families.ts";
import { foldPrompt, promptFamilies } from "../../src/splits/nearDuplicates.ts";
import { PieceSets } from "../../src/splits/pieces.ts";
import { dictionaryFamilies } from "../../src/splits/promptThread.ts";
import { planSplits } from "../../src/splits/splits.ts";
import { lettersOf } from "./letters.ts";

/** The five-letter pieces of a text. */
const piecesOf = (text: string): ReadonlySet<string> =>
  new Set(Array.from({ length: Math.max(1, text.length - 4) }, (_, i) => text.slice(i, i + 5)));

/** The exact Jaccard similarity of two sets. */
function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const piece of a) if (b.has(piece)) shared++;
  return shared / (a.size + b.size - shared);
}

const jaccard = (a: string, b: string): number => similarity(piecesOf(a), piecesOf(b));

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

test("prompts are one family exactly when they are equal after folding", () => {
  const prompt = fc.oneof(words, fc.string({ unit: fc.constantFrom(..."aAß \t~") }));
  fc.assert(
    fc.property(fc.array(fc.tuple(prompt, fc.nat()), { maxLength: 12 }), (drawn) => {
      const prompts = drawn.flatMap(([text, way]) => [text, respelled(text, way), text.toUpperCase()]);
      const families = promptFamilies(prompts, 2);
      const folded = prompts.map(foldPrompt);
      expect(prompts.map((_, i) => families.find(i))).toEqual(folded.map((text) => folded.indexOf(text)));
    }),
  );
});

/** The families of comparing every pair, as the smallest member of each text's family. */
function familiesOfEveryPair(texts: readonly string[], least: number): number[] {
  const families = new Families(texts.length);
  const sets = texts.map(piecesOf);
  for (const [i, a] of sets.entries())
    for (const [j, b] of sets.slice(0, i).entries()) if (similarity(a, b) >= least - 1e-12) families.join(i, j);
  return texts.map((_, i) => families.find(i));
}

const from = (choices: string) => (random: () => number) => choices.split(" ")[Math.floor(random() * choices.split(" ").length)];
const [colour, thing, letters] = [from("red blue green white"), from("cat dog horse castle car tree"), from("a b ab ba c")];
const QUALITY = ", masterpiece, best quality, highly detailed, sharp focus, studio light, 8k, trending, volumetric light";

/** Kinds of prompts that are hard to tell apart: few words, long common endings, numbers, few letters, very different lengths. */
const KINDS: Record<string, (random: () => number, i: number) => string> = {
  template: (random) => `a ${colour(random)} ${thing(random)} above a ${colour(random)} ${thing(random)} by a ${thing(random)}`,
  "long ending": (random) =>
    `a ${colour(random)} ${thing(random)}, ${colour(random)} ${thing(random)}, ${thing(random)}${QUALITY}`,
  numbers: (random, i) => `person ${Math.floor(random() * 1e6)}${i % 2 === 0 ? "" : "b"}${QUALITY}`,
  "few letters": (random) => Array.from({ length: 1 + Math.floor(40 * random()) }, () => letters(random)).join(""),
  words: (random) => Array.from({ length: 1 + Math.floor(60 * random() ** 2) }, () => thing(random)).join(" "),
  "few accents": (random) =>
    Array.from({ length: 1 + Math.floor(20 * random()) }, () => "éèa"[Math.floor(3 * random())]).join(""),
  "one letter apart": (random, i) => {
    const text = `${i % 40} a castle by the sea in winter, oil on canvas, storm and snow, ships far away, ${thing(random)}`;
    const at = Math.floor(random() * text.length);
    return `${text.slice(0, at)}x${text.slice(at + 1)}`;
  },
};

test.each(Object.entries(KINDS))("families of %s are those of comparing every pair", (_, make) => {
  for (const least of [0.9, 0.75]) {
    const random = seededRandom(1000 * least);
    const texts = [...new Set(Array.from({ length: 200 }, (_, i) => make(random, i)))];
    const families = promptFamilies(texts, least);
    expect(texts.map((_, i) => families.find(i))).toEqual(familiesOfEveryPair(texts, least));
  }
});

test.each(Object.entries(KINDS))("every filter finds all alike pairs of %s", (_, make) => {
  const random = seededRandom(7);
  const texts = [...new Set(Array.from({ length: 90 }, (_, i) => make(random, i)))];
  const [sets, members] = [new PieceSets(lettersOf(texts), 0.75), Int32Array.from(texts.keys())];
  const pieces = texts.map(piecesOf);
  const alike = pieces.flatMap((of, b) =>
    pieces.slice(0, b).flatMap((other, a) => (similarity(of, other) >= 0.75 ? [`${a} ${b}`] : [])),
  );
  const divisions = divisionsOf(Math.max(...sets.sizes), 0.75).slice(0, 5);
  for (const filter of [rarePieces(sets, members), ...divisions.map((division) => samePieces(sets, members, division))]) {
    const found = new Set<string>();
    for (let pass = 0; pass < filter.passes; pass++) {
      const { members: of, starts } = runsOf(filter, pass, members);
      for (const [run, start] of starts.entries())
        for (let a = start; a < (starts[run + 1] ?? 0); a++) for (let b = start; b < a; b++) found.add(`${of[b]} ${of[a]}`);
    }
    expect(alike.filter((pair) => !found.has(pair))).toEqual([]);
  }
});

test("prompts that there is no time to compare are joined, so that nothing alike is ever in two families", () => {
  const random = seededRandom(5);
  const texts = [...new Set(Array.from({ length: 240 }, (_, i) => KINDS.template?.(random, i) ?? ""))];
  const every = familiesOfEveryPair(texts, 0.8);
  const sizes = [0, 3_000, 1e9].map((looks) => {
    const families = new Families(texts.length);
    joinAlike(lettersOf(texts), 0.8, families, looks);
    for (const [i, family] of every.entries()) expect(families.find(i)).toBe(families.find(family));
    return new Set(texts.map((_, i) => families.find(i))).size;
  });
  expect(sizes[0]).toBeLessThan(sizes[2] ?? 0);
  expect(sizes[2]).toBe(new Set(every).size);
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

describe("families found on a thread", () => {
  const texts = Array.from(
    { length: 300 },
    (_, i) => `ein Bär am Fluß, ${"sehr ".repeat(i % 7)}blau ${i % 40}${i % 3 ? "" : " 🐻"}`,
  );
  const dictionary = new GrowingDictionary();
  for (const text of texts) dictionary.codeOfText(text);
  const different = Array.from({ length: dictionary.size }, (_, code) => dictionary.text(code));

  test("are those that are found without one", async () => {
    const [there, here] = [await dictionaryFamilies(dictionary, { least: 0.9, threadFrom: 0 }), promptFamilies(different, 0.9)];
    const rootsOf = (families: Families) => different.map((_, i) => families.find(i));
    expect(there.size).toBe(different.length);
    expect(rootsOf(there)).toEqual(rootsOf(here));
    expect(new Set(rootsOf(here)).size).toBeLessThan(different.length);
  });

  test("are not waited for after an abort", async () => {
    const controller = new AbortController();
    const found = dictionaryFamilies(dictionary, { least: 0.9, threadFrom: 0, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(found).rejects.toThrow("enough");
  });
});
