/** @file How often each configuration of a text-to-image model wins: what people say and what a scorer says, as one row for each prompt. */
import type { Random } from "@pickapic/chance";
import { type CorrelationSettings, type DrawnOrder, drawCorrelations, predict, spearman } from "@pickapic/evaluation";
import { preference } from "@pickapic/pickscore";

/** For one prompt: the share of the other configurations that each configuration is preferred to, 0...1, ties counted half. */
export type WinShares = readonly number[];

/** The win shares of one prompt, from what is said about each two configurations: 1 when the first is preferred, 0.5 for a tie, 0. */
export function winShares(configurations: number, outcome: (first: number, second: number) => number): WinShares {
  const wins = new Array<number>(configurations).fill(0);
  for (let first = 0; first < configurations; first++)
    for (let second = first + 1; second < configurations; second++) {
      const won = outcome(first, second);
      wins[first] = (wins[first] ?? 0) + won;
      wins[second] = (wins[second] ?? 0) + 1 - won;
    }
  return wins.map((won) => won / (configurations - 1));
}

/** The win shares that a scorer's scores of one prompt mean. @param threshold a tie when |p0 - p1| is at most this */
export function sharesOfScores(scores: readonly number[], threshold: number): WinShares {
  return winShares(scores.length, (first, second) => {
    const label = predict(preference((scores[first] ?? 0) - (scores[second] ?? 0)), threshold);
    return label === "tie" ? 0.5 : 1 - label;
  });
}

/** The mean of the win shares over some prompts: the win ratio of each configuration. @param prompts indices, which may repeat */
export function winRatios(shares: readonly WinShares[], prompts: readonly number[]): number[] {
  const [first = []] = shares;
  return first.map((_, i) => prompts.reduce((sum, prompt) => sum + (shares[prompt]?.[i] ?? 0), 0) / prompts.length);
}

/** A value for each configuration, higher for the better one: of all prompts, and of draws of as many prompts with replacement. */
export interface Order extends DrawnOrder {
  readonly name: string;
}

/** Draws as many prompts as there are, with replacement, `draws` times. */
export function drawPrompts(prompts: number, draws: number, random: Random): number[][] {
  return Array.from({ length: draws }, () => Array.from({ length: prompts }, () => Math.floor(random() * prompts)));
}

/** The order by win ratios. @param draws indices of prompts */
export function orderOf(name: string, shares: readonly WinShares[], draws: readonly (readonly number[])[]): Order {
  return { name, values: winRatios(shares, [...shares.keys()]), drawn: draws.map((prompts) => winRatios(shares, prompts)) };
}

/** A figure with the values that it had in the draws. */
export interface Drawn {
  readonly value: number;
  readonly drawn: readonly number[];
}

/** From how many prompts the values are, and the random numbers that draw true orders. */
export type OrderSettings = Pick<CorrelationSettings, "prompts" | "random">;

/** Spearman's correlation of two orders of the same configurations, and that of the true orders in draws from their posterior. */
export function correlationOf(one: Order, other: Order, settings: OrderSettings): Drawn {
  const [drawn] = drawCorrelations([one, other], [[0, 1]], settings) ?? [];
  return { value: rankCorrelation(one, other), drawn: [...(drawn ?? [])] };
}

/** How much larger the correlation of the first order with a third one is than that of the second, all on the same prompts. */
export function correlationLead(first: DrawnOrder, second: DrawnOrder, third: DrawnOrder, settings: OrderSettings): Drawn {
  const [one, other] =
    drawCorrelations(
      [third, first, second],
      [
        [0, 1],
        [0, 2],
      ],
      settings,
    ) ?? [];
  const value = rankCorrelation(first, third) - rankCorrelation(second, third);
  return { value, drawn: one && other ? [...one.map((each, i) => each - (other[i] ?? Number.NaN))] : [] };
}

const rankCorrelation = (one: DrawnOrder, other: DrawnOrder): number => spearman([...one.values], [...other.values]);

/** How much larger the first figure is than the second, whose draws are independent of it. */
export const difference = (one: Drawn, other: Drawn): Drawn => ({
  value: one.value - other.value,
  drawn: one.drawn.slice(0, other.drawn.length).map((value, i) => value - (other.drawn[i] ?? Number.NaN)),
});
