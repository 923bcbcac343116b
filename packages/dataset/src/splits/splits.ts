/** @file Decides which ranking goes to which split. Pure. */

import { pick, type Random, shuffled } from "@pickapic/chance";
import type { Split } from "../row.ts";

/** How many prompts are held out. The smaller limit decides; a share above 0 is at least two where there are three prompts. */
export interface SplitSettings {
  /** Largest number of prompts held out for validation and test together; default 1000, as in the paper. */
  readonly heldOutPrompts?: number;
  /** Largest share of the prompts held out; default 0.2. */
  readonly heldOutShare?: number;
}

/** The split of each ranking, in the order in which the rankings were given, and how it was chosen. */
export interface SplitPlan {
  /** Split of each ranking. */
  readonly splits: readonly Extract<Split, "train" | "validation" | "test">[];
  /** Whether each ranking is also the one of its prompt in validation_unique or test_unique. */
  readonly unique: readonly boolean[];
  /** Prompts in validation and test together: an even number. */
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

/** Below this many examples no share, such as an accuracy, is given. */
export const FEWEST_EXAMPLES = 30;

/** Held-out prompts from which both unique splits have enough examples. */
export const ENOUGH_PROMPTS = 2 * FEWEST_EXAMPLES;

/** Default for the largest number of held-out prompts: that of the paper. */
export const HELD_OUT_PROMPTS = 1000;

/** Default for the largest share of held-out prompts. */
export const HELD_OUT_SHARE = 0.2;

/**
 * Plans the splits. Prompts are drawn in turns: in each turn one prompt of each person, people in random order. Half of the drawn
 * prompts become validation, half test; train gets the rest. The paper held out 1,000 of 37,523 prompts, each of another person.
 * A smaller dataset would lose most of its prompts, so at most a fifth is held out; and with fewer than ENOUGH_PROMPTS people
 * there are further turns until there are that many prompts. `*_unique` gets one ranking of each held-out prompt, by the person
 * for whom the prompt was drawn.
 */
export function planSplits(rankings: readonly Ranking[], random: Random, settings: SplitSettings = {}): SplitPlan {
  const { heldOutPrompts = HELD_OUT_PROMPTS, heldOutShare = HELD_OUT_SHARE } = settings;
  const people = promptsOfPeople(rankings);
  const prompts = new Set(rankings.map(({ caption }) => caption)).size;
  const share = Math.max(prompts >= 3 && heldOutShare > 0 ? 2 : 0, Math.floor(prompts * heldOutShare));
  const room = Math.min(heldOutPrompts, prompts, share);
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

/**
 * Draws prompts, each for a person who has ranked it. Further turns take place only below ENOUGH_PROMPTS.
 * @param room how many prompts are drawn at most; no more than there are
 */
function drawPrompts(people: ReadonlyMap<bigint, readonly string[]>, room: number, random: Random): Drawn[] {
  const drawn = new Map<string, Drawn>();
  const order = shuffled([...people], random);
  for (let limit = room; drawn.size < limit; limit = Math.min(room, ENOUGH_PROMPTS)) {
    for (const [user, captions] of order) {
      if (drawn.size >= limit) break;
      const free = captions.filter((caption) => !drawn.has(caption));
      const caption = free[Math.floor(random() * free.length)];
      if (caption !== undefined) drawn.set(caption, { caption, user });
    }
  }
  return [...drawn.values()];
}

/** Marks one ranking of each drawn prompt, at random among those of the person for whom it was drawn. */
function oneOfEach(rankings: readonly Ranking[], drawn: readonly Drawn[], random: Random): boolean[] {
  const userOf = new Map(drawn.map(({ caption, user }) => [caption, user]));
  const own = [...rankings.entries()].filter(([, { caption, user_id }]) => userOf.get(caption) === user_id);
  const candidates = Map.groupBy(own, ([, { caption }]) => caption);
  const chosen = new Set(drawn.map(({ caption }) => pick(random, candidates.get(caption) ?? [])[0]));
  return rankings.map((_, i) => chosen.has(i));
}
