/** @file What ratings hang on: how few answers or people change the first rank, what each person and what a clone does to them. */

import { type Random, seededRandom } from "@pickapic/chance";
import { product, real, type Vector, whole } from "../matrix.ts";
import { type BradleyTerrySettings, SCALE } from "./bradleyTerry.ts";
import { type SplitEffect, splitEffect } from "./clone.ts";
import { countResults, fallsOfLead, gamesByPerson, type PersonGames, strengthsOf, tableOf, without } from "./counts.ts";
import { type GameCount, type Games, gamesOf, pairOf } from "./games.ts";
import { groupsThatMet, maximise } from "./likelihood.ts";
import { listed } from "./words.ts";

/** The fewest answers or people whose leaving was found to change the first rank. */
export interface FewestToLeave {
  /** An upper bound, because a smaller set may exist that the search does not find; null when none was found. */
  readonly fewest: number | null;
  /** Answers or people in all. */
  readonly of: number;
  /** Who is first without them. */
  readonly newFirst: string | null;
  /** Why there is no number, as a phrase; null when there is one. */
  readonly reason: string | null;
}

/** What the ratings are without one person's answers. */
export interface WithoutPerson {
  /** The number of the person, in the order of the games. */
  readonly person: number;
  readonly answers: number;
  /** The largest change of a rating, in points. */
  readonly largestChange: number;
  /** Whose rating changes most. */
  readonly player: string;
  /** Number of players whose rank is another. */
  readonly ranksChanged: number;
  /** Who is first without this person. */
  readonly first: string;
}

/** What happens when an entry is entered twice. */
export interface CloneEffect extends SplitEffect {
  readonly player: string;
  /** The largest change of another player's rating, in points, when the second one gets as many answers again, all the same. */
  readonly largestChange: number;
  /** Pairs of other players that change their order then; the first of each pair was the higher one. */
  readonly swapped: readonly (readonly [string, string])[];
}

/** What the ratings hang on. */
export interface RatingChecks {
  readonly first: string | null;
  readonly answers: FewestToLeave;
  readonly people: FewestToLeave;
  /** The people whose leaving moves a rating most, most first; at most ten. */
  readonly withoutPerson: readonly WithoutPerson[];
  readonly clones: readonly CloneEffect[];
  /** Why there is nothing to check, in a sentence; null when there is something. */
  readonly reason: string | null;
}

/** Rivals for whom the search for the fewest is made: those that the first-order estimate puts nearest. */
const RIVALS = 3;
/** A step of the search leaves out this part of what is estimated to be missing, then strengths are found anew. */
const PART = 8;
/** People in the table of those who matter most. */
const MOST_PEOPLE = 10;

/**
 * Checks Bradley-Terry ratings as Huang et al. (2025, "Dropping just a handful of preferences can change top LLM rankings") do:
 * answers and people are left out in the order of their influence (Broderick, Giordano and Meager 2020), with strengths found anew
 * after each step, until another player is first. The result is verified by a refit, and is an upper bound. Weights of games are left aside, because
 * whole answers are counted.
 * @param random divides the answers of an entry between it and its clone
 */
export function checkRatings(
  counts: readonly GameCount[] | Games,
  {
    prior = 1,
    what = "models",
    random = seededRandom(1),
  }: Pick<BradleyTerrySettings, "prior" | "what"> & { random?: Random } = {},
): RatingChecks {
  if (!(prior > 0)) throw new RangeError(`checkRatings: the prior must be above 0; got ${prior}`);
  const given = "players" in counts ? counts : gamesOf(counts);
  const games = { ...given, count: given.games ?? given.count };
  if (games.players.length < 2) return nothing(`There is nothing to check: no answer is about two different ${what}.`);
  const all = countResults(games);
  const table = tableOf(all, games.players.length);
  const groups = groupsThatMet(table);
  if (groups.length > 1)
    return nothing(
      `There is nothing to check: ${listed(groups, games.players)} never met, not even through others, so that none of the ${what} is first of all.`,
    );
  const theta = maximise(table, prior);
  const leader = leaderOf(theta);
  if (leader === null) return nothing(`There is nothing to check: none of the ${what} is alone in the first rank.`);
  const state: State = { players: games.players, all, theta, prior, leader };
  const people = gamesByPerson(games);
  return {
    first: nameOf(games.players, leader),
    answers: fewest(state, singleAnswers(all), "answers"),
    people: games.person
      ? fewest(
          state,
          people.filter(({ results }) => results.length > 0),
          "people",
        )
      : { fewest: null, of: 0, newFirst: null, reason: "the answers do not say who gave them" },
    withoutPerson: withoutEach(state, people),
    clones: games.players.map((_, i) => ({ ...cloneOf(state, i), ...splitEffect(state, i, random) })),
    reason: null,
  };
}

function nothing(reason: string): RatingChecks {
  const none: FewestToLeave = { fewest: null, of: 0, newFirst: null, reason: "there is no first rank" };
  return { first: null, answers: none, people: none, withoutPerson: [], clones: [], reason };
}

interface State {
  players: readonly string[];
  /** Games of each result. */
  all: Vector;
  theta: Vector;
  prior: number;
  leader: number;
}

const nameOf = (players: readonly string[], i: number): string => players[i] ?? "";

/** Strengths nearer than this are equal: they differ by rounding. */
const EQUAL = 1e-9;

/** The player with the highest strength; null when several share it. */
function leaderOf(theta: Vector): number | null {
  const most = Math.max(...theta);
  const highest = [...theta.keys()].filter((i) => real(theta, i) > most - EQUAL);
  return highest.length === 1 ? (highest[0] ?? null) : null;
}

/** Answers or people that can leave; `times` of them are alike. */
interface Leaver extends PersonGames {
  readonly times?: number;
}

/** Each result once, with the number of its answers. */
function singleAnswers(all: Vector): Leaver[] {
  return [...all.keys()].flatMap((result) => {
    const times = Math.floor(real(all, result));
    return times > 0 ? [{ results: Int32Array.of(result), games: Float64Array.of(1), times }] : [];
  });
}

/** The smallest number found over the nearest rivals. */
function fewest(state: State, leavers: readonly Leaver[], what: "answers" | "people"): FewestToLeave {
  const of = leavers.reduce((sum, { times = 1 }) => sum + times, 0);
  const { theta, leader } = state;
  const lead = (rival: number) => real(theta, leader) - real(theta, rival);
  const nearest = [...theta.keys()]
    .filter((i) => i !== leader)
    .map((rival) => ({ rival, estimate: lead(rival) / largestFall(state, leavers, rival) }))
    .sort((x, y) => x.estimate - y.estimate)
    .slice(0, RIVALS);
  if (what === "people" && of === 1)
    return { fewest: null, of, newFirst: null, reason: "all answers are of one person, without whom there are none" };
  const found = nearest.flatMap(({ rival }) => leaveUntil(state, leavers, rival) ?? []).sort((x, y) => x.fewest - y.fewest)[0];
  if (!found) return { fewest: null, of, newFirst: null, reason: `no number of ${what} was found that puts another one first` };
  return { fewest: found.fewest, of, newFirst: nameOf(state.players, found.first), reason: null };
}

function largestFall({ all, theta, prior, leader }: State, leavers: readonly Leaver[], rival: number): number {
  const falls = fallsOfLead(all, theta, prior, leader, rival);
  return leavers.reduce((most, leaver) => Math.max(most, fallOf(falls, leaver)), Number.MIN_VALUE);
}

/** How much the lead falls without this one. */
function fallOf(falls: Vector, { results, games }: PersonGames): number {
  let sum = 0;
  for (let row = 0; row < results.length; row++) sum += real(falls, whole(results, row)) * real(games, row);
  return sum;
}

/** Lets those leave who hold up the lead over the rival most, until the leader is not first; null when nothing more can leave. */
function leaveUntil(state: State, leavers: readonly Leaver[], rival: number): { fewest: number; first: number } | null {
  const left = leavers.map(({ times = 1 }) => times);
  let [counts, theta, gone] = [state.all, state.theta, 0];
  for (;;) {
    const falls = fallsOfLead(counts, theta, state.prior, state.leader, rival);
    const step = planStep(leavers, left, falls, real(theta, state.leader) - real(theta, rival));
    if (step.length === 0) return null;
    for (const { leaver, times } of step) {
      const gives = leavers[leaver];
      if (!gives) continue;
      counts = without(counts, gives, times);
      left[leaver] = (left[leaver] ?? 0) - times;
      gone += times;
    }
    theta = strengthsOf(counts, theta.length, state.prior, theta);
    const first = leaderOf(theta);
    if (first !== null && first !== state.leader) return { fewest: gone, first };
  }
}

/** Who leaves next: the most influential, as many as make up a part of the lead that is left, and at least one. */
function planStep(
  leavers: readonly Leaver[],
  left: readonly number[],
  falls: Vector,
  lead: number,
): { leaver: number; times: number }[] {
  const order = leavers
    .map((each, leaver) => ({ leaver, fall: fallOf(falls, each), times: left[leaver] ?? 0 }))
    .filter(({ fall, times }) => fall > 0 && times > 0)
    .sort((x, y) => y.fall - x.fall);
  const step: { leaver: number; times: number }[] = [];
  let missing = lead / PART;
  for (const { leaver, fall, times } of order) {
    const some = Math.min(times, Math.max(step.length === 0 ? 1 : 0, Math.floor(missing / fall)));
    if (some === 0) break;
    step.push({ leaver, times: some });
    missing -= some * fall;
  }
  return step;
}

/** The people whose leaving changes a rating most; none where one person gave all answers, because nothing is rated without this person. */
function withoutEach({ players, all, theta, prior }: State, people: readonly PersonGames[]): WithoutPerson[] {
  const before = ranksOf(theta);
  if (people.filter(({ results }) => results.length > 0).length < 2) return [];
  return people
    .flatMap((games, person): WithoutPerson[] => {
      if (games.results.length === 0) return [];
      const after = strengthsOf(without(all, games), players.length, prior, theta);
      const { change, player } = largestOf(theta, after, players);
      const ranks = ranksOf(after);
      return [
        {
          person,
          answers: games.games.reduce((sum, n) => sum + n, 0),
          largestChange: change,
          player,
          ranksChanged: ranks.filter((rank, i) => rank !== before[i]).length,
          first: nameOf(players, ranks.indexOf(1)),
        },
      ];
    })
    .sort((x, y) => y.largestChange - x.largestChange)
    .slice(0, MOST_PEOPLE);
}

/** Rank of each player, 1 for the highest; equal ones in the order of their numbers. */
function ranksOf(theta: Vector): number[] {
  const order = [...theta.keys()].sort((i, j) => real(theta, j) - real(theta, i) || i - j);
  const ranks: number[] = [];
  for (const [index, i] of order.entries()) ranks[i] = index + 1;
  return ranks;
}

function largestOf(before: Vector, after: Vector, players: readonly string[]): { change: number; player: string } {
  const changes = before.map((t, i) => SCALE * Math.abs(real(after, i) - t));
  const change = Math.max(...changes);
  return { change, player: nameOf(players, changes.indexOf(change)) };
}

/** Adds a player with a copy of all answers about `cloned`; the two never meet. */
function cloneOf({ players, all, theta, prior }: State, cloned: number): Omit<CloneEffect, keyof SplitEffect> {
  const n = players.length;
  const counts = new Float64Array((3 * n * (n + 1)) / 2);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++)
      counts.set(all.subarray(3 * pairOf(i, j, n), 3 * pairOf(i, j, n) + 3), 3 * pairOf(i, j, n + 1));
    if (i === cloned) continue;
    const from = 3 * pairOf(Math.min(i, cloned), Math.max(i, cloned), n);
    const results = all.slice(from, from + 3);
    counts.set(i < cloned ? results : results.reverse(), 3 * pairOf(i, n, n + 1));
  }
  const whole = strengthsOf(counts, n + 1, prior, Float64Array.of(...theta, real(theta, cloned)));
  const others = [...theta.keys()].filter((i) => i !== cloned);
  const [before, after] = [relative(theta, others), relative(whole, others)];
  const changes = others.map((_, k) => SCALE * Math.abs(real(after, k) - real(before, k)));
  const swapped = others.flatMap((i, k) =>
    others.flatMap((j, l) =>
      real(before, k) > real(before, l) + EQUAL && real(after, k) < real(after, l) - EQUAL
        ? [[nameOf(players, i), nameOf(players, j)] as const]
        : [],
    ),
  );
  return { player: nameOf(players, cloned), largestChange: Math.max(0, ...changes), swapped };
}

/** The strengths of some players, minus their mean. */
function relative(theta: Vector, chosen: readonly number[]): Vector {
  const values = Float64Array.from(chosen, (i) => real(theta, i));
  const mean = product(values, 0, new Float64Array(values.length).fill(1 / values.length), 0, values.length);
  return values.map((value) => value - mean);
}
