/** @file Which ranking goes to which split (SPEC 3). Pure. */

import { type Random, shuffled } from "@pickapic/chance";
import type { Split } from "../row.ts";

export interface SplitSettings {
  /** At most so many prompts are held out for validation and test together; default 1000, as in the paper. */
  readonly heldOutPrompts?: number;
  /** At most this share of the prompts is held out; default 0.2. */
  readonly heldOutShare?: number;
}

export interface SplitPlan {
  /** Split of each ranking. */
  readonly splits: readonly Extract<Split, "train" | "validation" | "test">[];
  /** Whether a ranking is the one of its prompt in validation_unique or test_unique too. */
  readonly unique: readonly boolean[];
  /** Prompts in validation and test together: an even number. */
  readonly heldOutPrompts: number;
  /** Different prompts of all rankings. */
  readonly prompts: number;
  /** How they were chosen, one sentence. */
  readonly rule: string;
}

interface Ranking {
  readonly caption: string;
  readonly user_id: bigint;
}

/** From fewer examples than this no share, such as an accuracy, can be told. */
export const FEWEST_EXAMPLES = 30;

/** Held-out prompts from which both unique splits have enough examples. */
export const ENOUGH_PROMPTS = 2 * FEWEST_EXAMPLES;

/** Prompts that are held out at most unless the settings say otherwise: those of the paper. */
export const HELD_OUT_PROMPTS = 1000;

/** Share of the prompts that is held out at most unless the settings say otherwise. */
export const HELD_OUT_SHARE = 0.2;

/**
 * Prompts are drawn in turns, one per person and turn, people in random order; half of them are validation, half test; train has the rest. The
 * paper held out 1,000 of 37,523 prompts, each of another person. In a smaller dataset 1,000 prompts would be most of it, so that at most a fifth of
 * the prompts is held out; and where there are fewer people than ENOUGH_PROMPTS, further turns draw a second, third, ... prompt of each person until
 * there are so many. `*_unique` takes one ranking of each held-out prompt, by the person that the prompt was drawn for.
 */
export function planSplits(rankings: readonly Ranking[], random: Random, settings: SplitSettings = {}): SplitPlan {
  const { heldOutPrompts = HELD_OUT_PROMPTS, heldOutShare = HELD_OUT_SHARE } = settings;
  const people = promptsOfPeople(rankings);
  const prompts = new Set(rankings.map(({ caption }) => caption)).size;
  const room = Math.min(heldOutPrompts, Math.max(prompts >= 3 && heldOutShare > 0 ? 2 : 0, Math.floor(prompts * heldOutShare)));
  const drawn = drawPrompts(people, room, random);
  const held = shuffled(drawn.slice(0, drawn.length - (drawn.length % 2)), random);
  const half = held.length / 2;
  const splitOf = new Map(held.map(({ caption }, i) => [caption, i < half ? ("validation" as const) : ("test" as const)]));
  const drawnFrom = new Set(held.map(({ user }) => user)).size;
  const each = drawnFrom === held.length ? "each drawn from a different one" : `drawn in turns from ${drawnFrom}`;
  return {
    splits: rankings.map(({ caption }) => splitOf.get(caption) ?? "train"),
    unique: oneOfEach(rankings, held, random),
    heldOutPrompts: held.length,
    prompts,
    rule:
      `${held.length} of ${prompts} prompts are held out, ${each} of ${people.size} people ` +
      `(at most ${heldOutPrompts} prompts and ${Number((100 * heldOutShare).toFixed(1))} % of all), half for validation and half for test.`,
  };
}

interface Drawn {
  readonly caption: string;
  readonly user: bigint;
}

function promptsOfPeople(rankings: readonly Ranking[]): Map<bigint, string[]> {
  const sets = new Map<bigint, Set<string>>();
  for (const { caption, user_id } of rankings) {
    const set = sets.get(user_id) ?? new Set();
    sets.set(user_id, set.add(caption));
  }
  return new Map([...sets].map(([user, captions]) => [user, [...captions]]));
}

/** At most `room` prompts, each for a person who has ranked it; a person has a second turn only while there are fewer than ENOUGH_PROMPTS. */
function drawPrompts(people: ReadonlyMap<bigint, readonly string[]>, room: number, random: Random): Drawn[] {
  const drawn = new Map<string, Drawn>();
  const order = shuffled([...people], random);
  for (let limit = room, before = -1; drawn.size < limit && drawn.size > before; limit = Math.min(room, ENOUGH_PROMPTS)) {
    before = drawn.size;
    for (const [user, captions] of order) {
      if (drawn.size >= limit) break;
      const free = captions.filter((caption) => !drawn.has(caption));
      const caption = free[Math.floor(random() * free.length)];
      if (caption !== undefined) drawn.set(caption, { caption, user });
    }
  }
  return [...drawn.values()];
}

/** Marks one ranking of each drawn prompt, at random among those of the person that it was drawn for. */
function oneOfEach(rankings: readonly Ranking[], drawn: readonly Drawn[], random: Random): boolean[] {
  const userOf = new Map(drawn.map(({ caption, user }) => [caption, user]));
  const candidates = new Map(drawn.map(({ caption }) => [caption, [] as number[]]));
  for (const [i, { caption, user_id }] of rankings.entries()) {
    if (userOf.get(caption) === user_id) candidates.get(caption)?.push(i);
  }
  const unique = rankings.map(() => false);
  for (const { caption } of drawn) {
    const of = candidates.get(caption) as number[];
    unique[of[Math.floor(random() * of.length)] as number] = true;
  }
  return unique;
}
