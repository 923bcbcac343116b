/** @file Decides which ranking goes to which split. Pure. */

import { pick, type Random, shuffled } from "@pickapic/chance";
import type { Split } from "../row.ts";
import type { Families } from "./families.ts";
import { promptFamilies } from "./nearDuplicates.ts";

/** How many prompts are held out. The smaller limit decides; a share above 0 is at least two where there are three prompts. */
export interface SplitSettings {
  /** Largest number of prompts held out for validation and test together; default 1000, as in the paper. */
  readonly heldOutPrompts?: number;
  /** Largest share of the prompts held out; default 0.2. */
  readonly heldOutShare?: number;
  /**
   * Prompts whose Jaccard similarity is at least this stay in one split; default 0.9. Above 1, only prompts that are equal after folding
   * (Unicode form, case, spaces) do.
   */
  readonly nearDuplicates?: number;
  /** Whether nobody's rankings may be in two of train, validation and test; default false. All prompts of a person then stay together. */
  readonly disjointPeople?: boolean;
}

/** The split of each ranking, in the order in which the rankings were given, and how it was chosen. */
export interface SplitPlan {
  /** Split of each ranking. */
  readonly splits: readonly Extract<Split, "train" | "validation" | "test">[];
  /** Whether each ranking is also the one of its prompt in validation_unique or test_unique. */
  readonly unique: readonly boolean[];
  /** Prompts in validation and test together. It is even, unless prompts had to stay together. */
  readonly heldOutPrompts: number;
  /** Different prompts of all rankings. */
  readonly prompts: number;
  /** How the prompts were chosen, one sentence. */
  readonly rule: string;
}

interface Ranking {
  readonly caption: string;
  readonly user_id: bigint;
}

/**
 * Rankings that a held-out split needs so that a share, such as an accuracy, can be told from it. Plans of splits depend on this number, so a new one
 * would hold out other prompts than before.
 */
export const FEWEST_HELD_OUT = 30;

/** Held-out prompts from which both unique splits have enough examples. */
export const ENOUGH_PROMPTS = 2 * FEWEST_HELD_OUT;

/** Default for the largest number of held-out prompts: that of the paper. */
export const HELD_OUT_PROMPTS = 1000;

/** Default for the largest share of held-out prompts. */
export const HELD_OUT_SHARE = 0.2;

/** Rankings as columns: ranking i is of prompt `prompts[i]`, a member of `families`, and of person `people[i]`. */
export interface SplitColumns {
  readonly prompts: Int32Array;
  /** Which of the different prompts are alike. */
  readonly families: Families;
  readonly people: ArrayLike<bigint>;
}

/** Plans the splits of rankings that are objects; see `planColumns`. */
export function planSplits(rankings: readonly Ranking[], random: Random, settings: SplitSettings = {}): SplitPlan {
  const codes = new Map<string, number>();
  const prompts = Int32Array.from(rankings, ({ caption }) => {
    const code = codes.get(caption) ?? codes.size;
    codes.set(caption, code);
    return code;
  });
  const families = promptFamilies([...codes.keys()], settings.nearDuplicates);
  return planColumns({ prompts, families, people: rankings.map(({ user_id }) => user_id) }, random, settings);
}

/**
 * Plans the splits. Prompts are drawn in turns: in each turn one prompt of each person, people in random order. Half of the drawn
 * prompts become validation, half test; train gets the rest. The paper held out 1,000 of 37,523 prompts, each of another person.
 * A smaller dataset would lose most of its prompts, so at most a fifth is held out; and with fewer than ENOUGH_PROMPTS people
 * there are further turns until there are that many prompts. `*_unique` gets one ranking of each held-out prompt, by the person
 * for whom the prompt was drawn. Prompts that are alike (`promptFamilies`) are drawn together and stay in one split, so that no split
 * has a prompt that another one has in another spelling; with `disjointPeople` so do all prompts of a person.
 */
export function planColumns(rankings: SplitColumns, random: Random, settings: SplitSettings = {}): SplitPlan {
  const { heldOutPrompts = HELD_OUT_PROMPTS, heldOutShare = HELD_OUT_SHARE } = settings;
  const people = promptsOfPeople(rankings);
  const prompts = rankings.families.size;
  const units = unitsOf(rankings, people, settings);
  const share = Math.max(prompts >= 3 && heldOutShare > 0 ? 2 : 0, Math.floor(prompts * heldOutShare));
  const room = Math.min(heldOutPrompts, prompts, share);
  const held = shuffled(evened(drawUnits(people, units, room, random)), random);
  const splitOf = halves(held);
  const users = held.map(({ user }) => user);
  const each =
    new Set(users).size === held.length ? "each drawn from a different one" : `drawn in turns from ${new Set(users).size}`;
  return {
    splits: Array.from(rankings.prompts, (prompt) => splitOf[prompt] ?? "train"),
    unique: oneOfEach(
      rankings,
      held.flatMap(({ drawn }) => drawn),
      random,
    ),
    heldOutPrompts: countOf(held),
    prompts,
    rule:
      `${countOf(held)} of ${prompts} prompts are held out, ${each} of ${people.size} people ` +
      `(at most ${heldOutPrompts} prompts and ${Number((100 * heldOutShare).toFixed(1))} % of all), half for validation and half for test.` +
      together(units, settings),
  };
}

/** The sentence about prompts that stay together, where there are any. */
function together({ families, texts }: Units, { disjointPeople = false }: SplitSettings): string {
  if (disjointPeople) return " Nobody's rankings are in two of them.";
  return families < texts ? ` Prompts that are alike stay together: there are ${families} that are not.` : "";
}

/** A prompt with the person for whom it was drawn. */
interface Drawn {
  readonly prompt: number;
  readonly user: bigint;
}

/** Prompts that were drawn together for a person. */
interface DrawnUnit {
  readonly user: bigint;
  readonly drawn: readonly Drawn[];
}

const countOf = (units: readonly DrawnUnit[]): number => units.reduce((sum, { drawn }) => sum + drawn.length, 0);

/** The different prompts of each person, in the order of the rankings. */
function promptsOfPeople({ prompts, people }: SplitColumns): Map<bigint, readonly number[]> {
  const sets = new Map<bigint, Set<number>>();
  for (let i = 0; i < prompts.length; i++) {
    const user = people[i] ?? 0n;
    const prompt = prompts[i] ?? 0;
    const set = sets.get(user);
    if (set) set.add(prompt);
    else sets.set(user, new Set([prompt]));
  }
  return new Map([...sets].map(([user, set]) => [user, [...set]]));
}

/** Which prompts stay together. */
interface Units {
  /** The unit of each prompt, by its smallest prompt. */
  readonly unitOf: Int32Array;
  readonly members: ReadonlyMap<number, readonly number[]>;
  /** The first person of each prompt. */
  readonly firstUser: ReadonlyMap<number, bigint>;
  readonly families: number;
  readonly texts: number;
}

function unitsOf({ families }: SplitColumns, people: ReadonlyMap<bigint, readonly number[]>, settings: SplitSettings): Units {
  const firstUser = new Map<number, bigint>();
  for (const [user, prompts] of people) {
    for (const prompt of prompts) {
      if (!firstUser.has(prompt)) firstUser.set(prompt, user);
      if (settings.disjointPeople) families.join(prompt, prompts[0] ?? prompt);
    }
  }
  const unitOf = Int32Array.from({ length: families.size }, (_, prompt) => families.find(prompt));
  const members = Map.groupBy(unitOf.keys(), (prompt) => unitOf[prompt] ?? prompt);
  return { unitOf, members, firstUser, families: members.size, texts: families.size };
}

/**
 * Draws prompts, each for a person who has ranked it, together with those that must stay with it. Further turns take place only below
 * ENOUGH_PROMPTS.
 * @param room how many prompts are drawn at most; no more than there are
 */
function drawUnits(people: ReadonlyMap<bigint, readonly number[]>, units: Units, room: number, random: Random): DrawnUnit[] {
  const drawn = new Map<number, DrawnUnit>();
  const order = shuffled([...people], random);
  let count = 0;
  let progress = true;
  for (let limit = room; count < limit && progress; limit = Math.min(room, ENOUGH_PROMPTS)) {
    progress = false;
    for (const [user, prompts] of order) {
      if (count >= limit) break;
      const free = prompts.filter((prompt) => {
        const unit = units.unitOf[prompt] ?? prompt;
        return !drawn.has(unit) && (units.members.get(unit)?.length ?? 1) <= limit - count;
      });
      const prompt = free[Math.floor(random() * free.length)];
      if (prompt === undefined) continue;
      const unit = units.unitOf[prompt] ?? prompt;
      const members = units.members.get(unit) ?? [prompt];
      drawn.set(unit, {
        user,
        drawn: members.map((member) => ({
          prompt: member,
          user: member === prompt ? user : (units.firstUser.get(member) ?? user),
        })),
      });
      count += members.length;
      progress = true;
    }
  }
  return [...drawn.values()];
}

/** Without the last prompt that stands alone where the number of prompts is odd, so that two halves are of one size. */
function evened(units: readonly DrawnUnit[]): readonly DrawnUnit[] {
  if (countOf(units) % 2 === 0) return units;
  const last = units.findLastIndex(({ drawn }) => drawn.length === 1);
  return last < 0 ? units : units.toSpliced(last, 1);
}

/** The split of each held-out prompt: validation until it has half of them, then test. */
function halves(units: readonly DrawnUnit[]): Record<number, "validation" | "test"> {
  const half = countOf(units) / 2;
  const splitOf: Record<number, "validation" | "test"> = {};
  let count = 0;
  for (const { drawn } of units) {
    for (const { prompt } of drawn) splitOf[prompt] = count < half ? "validation" : "test";
    count += drawn.length;
  }
  return splitOf;
}

/** Marks one ranking of each drawn prompt, at random among those of the person for whom it was drawn. */
function oneOfEach({ prompts, people }: SplitColumns, drawn: readonly Drawn[], random: Random): boolean[] {
  const userOf = new Map(drawn.map(({ prompt, user }) => [prompt, user]));
  const candidates = new Map<number, number[]>();
  for (const [i, prompt] of prompts.entries()) {
    if (userOf.get(prompt) !== people[i] || people[i] === undefined) continue;
    const known = candidates.get(prompt);
    if (known) known.push(i);
    else candidates.set(prompt, [i]);
  }
  const chosen = new Set(drawn.map(({ prompt }) => pick(random, candidates.get(prompt) ?? [])));
  return Array.from(prompts, (_, i) => chosen.has(i));
}
