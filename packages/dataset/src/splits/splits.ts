/** @file Decides which ranking goes to which split. Pure. */

import { pick, type Random, shuffled } from "@pickapic/chance";
import { OWN_SPLITS } from "../row.ts";
import type { Families } from "./families.ts";
import { type Groups, groupOf, groupsOf } from "./groups.ts";
import { promptFamilies } from "./nearDuplicates.ts";
import { type PromptsOfPeople, promptsOfPeople } from "./people.ts";

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
  /** Whether all rankings of a person must be in the same one of train, validation and test, and with them all prompts of that person; default false. */
  readonly disjointPeople?: boolean;
}

/** How the held-out prompts were chosen. */
interface HeldOut {
  /** Prompts in validation and test together. It is even, unless prompts had to stay together. */
  readonly heldOutPrompts: number;
  /** Different prompts of all rankings. */
  readonly prompts: number;
  /** How the prompts were chosen, one sentence. */
  readonly rule: string;
}

/** The split of each ranking, in the order in which the rankings were given, and how it was chosen. */
export interface SplitPlan extends HeldOut {
  /** Split of each ranking. */
  readonly splits: readonly (typeof OWN_SPLITS)[number][];
  /** Whether each ranking is also the one of its prompt in validation_unique or test_unique. */
  readonly unique: readonly boolean[];
}

/** A plan as columns, with a byte for each ranking. */
export interface SplitPlanColumns extends HeldOut {
  /** Split of each ranking, as an index of OWN_SPLITS. */
  readonly splits: Uint8Array;
  /** 1 where the ranking is also the one of its prompt in validation_unique or test_unique, otherwise 0. */
  readonly unique: Uint8Array;
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

/** The largest number of held-out prompts by default, as in the paper. */
export const HELD_OUT_PROMPTS = 1000;

/** Default for the largest share of held-out prompts. */
export const HELD_OUT_SHARE = 0.2;

/** Rankings as columns: ranking i is of prompt `prompts[i]`, a member of `families`, and of person `people[i]`. */
export interface SplitColumns {
  readonly prompts: Int32Array;
  /** Which of the different prompts are alike. */
  readonly families: Families;
  readonly people: BigInt64Array;
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
  const people = BigInt64Array.from(rankings, ({ user_id }) => user_id);
  const plan = planColumns({ prompts, families, people }, random, settings);
  return {
    ...plan,
    splits: Array.from(plan.splits, (code) => OWN_SPLITS[code] ?? "train"),
    unique: Array.from(plan.unique, (is) => is === 1),
  };
}

/**
 * Plans the splits. Prompts are drawn in turns: in each turn one prompt of each person, people in random order. Half of the drawn
 * prompts become validation, half test; train gets the rest. The paper held out 1,000 of 37,523 prompts, each of another person.
 * A smaller dataset would lose most of its prompts, so at most a fifth is held out; and with fewer than ENOUGH_PROMPTS people
 * there are further turns until there are that many prompts. `*_unique` gets one ranking of each held-out prompt, by the person
 * for whom the prompt was drawn. Prompts that are alike (`promptFamilies`) are drawn together and stay in one split, so that no split
 * has a prompt that another one has in another spelling; with `disjointPeople` so do all prompts of a person.
 */
export function planColumns(rankings: SplitColumns, random: Random, settings: SplitSettings = {}): SplitPlanColumns {
  const { heldOutPrompts = HELD_OUT_PROMPTS, heldOutShare = HELD_OUT_SHARE } = settings;
  const prompts = rankings.families.size;
  const people = promptsOfPeople(rankings.prompts, rankings.people, prompts);
  const units = unitsOf(rankings, people, settings);
  const share = Math.max(prompts >= 3 && heldOutShare > 0 ? 2 : 0, Math.floor(prompts * heldOutShare));
  const room = Math.min(heldOutPrompts, prompts, share);
  const held = shuffled(evened(drawUnits(people, units, room, random)), random);
  const splitOf = halves(held, prompts);
  const users = new Set(held.map(({ person }) => person)).size;
  const each = users === held.length ? "each drawn from a different one" : `drawn in turns from ${users}`;
  const splits = new Uint8Array(rankings.prompts.length);
  for (let i = 0; i < splits.length; i++) splits[i] = splitOf[rankings.prompts[i] ?? 0] ?? 0;
  return {
    splits,
    unique: oneOfEach(rankings.prompts, people.codes, splits, held, random),
    heldOutPrompts: countOf(held),
    prompts,
    rule:
      `${countOf(held)} of ${prompts} prompts are held out, ${each} of ${people.size} people ` +
      `(at most ${heldOutPrompts} prompts and ${Number((100 * heldOutShare).toFixed(1))} % of all), half for validation and half for test.` +
      together(units, settings),
  };
}

/** The sentence about prompts that stay together, where there are any. */
function together({ families, unitOf: { length: texts } }: Units, { disjointPeople = false }: SplitSettings): string {
  if (disjointPeople) return " Nobody's rankings are in two of them.";
  return families < texts ? ` Prompts that are alike stay together: there are ${families} that are not.` : "";
}

/** A prompt with the person for whom it was drawn, by the person's code. */
interface Drawn {
  readonly prompt: number;
  readonly person: number;
}

/** Prompts that were drawn together for a person. */
interface DrawnUnit {
  readonly person: number;
  readonly drawn: readonly Drawn[];
}

const countOf = (units: readonly DrawnUnit[]): number => units.reduce((sum, { drawn }) => sum + drawn.length, 0);

/** Which prompts stay together. */
interface Units {
  /** The unit of each prompt, by its smallest prompt. */
  readonly unitOf: Int32Array;
  /** The prompts of each unit, in ascending order. */
  readonly members: Groups;
  /** The first person of each prompt, by code. */
  readonly firstPerson: Int32Array;
  readonly families: number;
}

function unitsOf({ families }: SplitColumns, people: PromptsOfPeople, settings: SplitSettings): Units {
  const firstPerson = new Int32Array(families.size).fill(-1);
  for (let person = 0; person < people.size; person++) {
    const prompts = groupOf(people.prompts, person);
    for (const prompt of prompts) {
      if (firstPerson[prompt] === -1) firstPerson[prompt] = person;
      if (settings.disjointPeople) families.join(prompt, prompts[0] ?? prompt);
    }
  }
  const unitOf = new Int32Array(families.size);
  let units = 0;
  for (let prompt = 0; prompt < unitOf.length; prompt++) {
    unitOf[prompt] = families.find(prompt);
    units += Number(unitOf[prompt] === prompt);
  }
  return { unitOf, members: groupsOf(unitOf, families.size), firstPerson, families: units };
}

/**
 * Draws prompts, each for a person who has ranked it, together with those that must stay with it. Further turns take place only below
 * ENOUGH_PROMPTS.
 * @param room how many prompts are drawn at most; no more than there are
 */
function drawUnits(people: PromptsOfPeople, units: Units, room: number, random: Random): DrawnUnit[] {
  const drawn = new Map<number, DrawnUnit>();
  const order = shuffled([...new Int32Array(people.size).keys()], random);
  let count = 0;
  let progress = true;
  for (let limit = room; count < limit && progress; limit = Math.min(room, ENOUGH_PROMPTS)) {
    progress = false;
    for (const person of order) {
      if (count >= limit) break;
      const free = groupOf(people.prompts, person).filter((prompt) => {
        const unit = units.unitOf[prompt] ?? prompt;
        return !drawn.has(unit) && groupOf(units.members, unit).length <= limit - count;
      });
      const prompt = free[Math.floor(random() * free.length)];
      if (prompt === undefined) continue;
      const unit = units.unitOf[prompt] ?? prompt;
      const members = groupOf(units.members, unit);
      drawn.set(unit, {
        person,
        drawn: Array.from(members, (member) => ({
          prompt: member,
          person: member === prompt ? person : (units.firstPerson[member] ?? person),
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

/** The split of each prompt, as an index of OWN_SPLITS: validation until it has half of the held-out prompts, then test. */
function halves(units: readonly DrawnUnit[], prompts: number): Uint8Array {
  const half = countOf(units) / 2;
  const splitOf = new Uint8Array(prompts);
  let count = 0;
  for (const { drawn } of units) {
    for (const { prompt } of drawn) splitOf[prompt] = OWN_SPLITS.indexOf(count < half ? "validation" : "test");
    count += drawn.length;
  }
  return splitOf;
}

/**
 * Marks one ranking of each drawn prompt, at random among those of the person for whom it was drawn.
 * @param people the person of each ranking, by code
 * @param splits the split of each ranking, as an index of OWN_SPLITS
 */
function oneOfEach(
  prompts: Int32Array,
  people: Int32Array,
  splits: Uint8Array,
  held: readonly DrawnUnit[],
  random: Random,
): Uint8Array {
  const drawn = held.flatMap((unit) => unit.drawn);
  const candidates = new Map(drawn.map(({ prompt, person }) => [prompt, { person, rankings: [] as number[] }]));
  const unique = new Uint8Array(prompts.length);
  for (let i = 0; i < prompts.length; i++) {
    if (splits[i] === 0) continue;
    const of = candidates.get(prompts[i] ?? 0);
    if (of?.person === people[i]) of?.rankings.push(i);
  }
  for (const { prompt } of drawn) unique[pick(random, candidates.get(prompt)?.rankings ?? [])] = 1;
  return unique;
}
