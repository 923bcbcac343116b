/** @file Decides which pairs each optimizer step has, and cuts a step into micro-batches in which every text and image occurs once. */
import { planEpoch } from "@pickapic/dataset";
import { itemAt } from "@pickapic/errors";
import { pairWeights, type Target } from "../loss.ts";

/** A ranking as training uses it. Images are given by uid. */
export interface Pair {
  /** ranking_id of the dataset; missing for examples that have none. */
  id?: string;
  caption: string;
  image0: string;
  image1: string;
  target: Target;
  /** Rankings of this caption in the split, at least 1. */
  examplesPerPrompt: number;
}

/** The input of one run of the training graph. Pair i compares images[image0[i]] with images[image1[i]] under texts[text[i]]. */
export interface MicroBatch {
  texts: string[];
  images: string[];
  text: number[];
  image0: number[];
  image1: number[];
  targets: Target[];
  /** Sum to 1 over all micro-batches of a step. */
  weights: number[];
}

/**
 * Chooses a share of the prompts, at least one. With the same seed a smaller share is contained in a larger one, so that a learning curve over shares
 * only adds prompts.
 */
export function sharePrompts(captions: Iterable<string>, share: number, seed: number): Set<string> {
  const prompts = [...new Set(captions)].sort();
  const [order] = planEpoch(prompts.length, seed, Math.max(1, prompts.length));
  return new Set((order ?? []).slice(0, Math.ceil(share * prompts.length)).map((i) => itemAt(prompts, i)));
}

/** How an epoch orders its pairs: all at random, or prompts at random with the pairs of a prompt side by side. */
export type Order = "shuffled" | "by-prompt";

/** The order of the pairs in an epoch: every index of `captions` once. Every epoch has another order. */
export function epochOrder(captions: readonly string[], order: Order, seed: number, epoch: number): number[] {
  const shuffled = planEpoch(captions.length, seed + epoch * 2 ** 32, Math.max(1, captions.length)).flat();
  if (order === "shuffled") return shuffled;
  return [...Map.groupBy(shuffled, (i) => itemAt(captions, i)).values()].flat();
}

/** Gives the order of the pairs in an epoch, counted from 0: every index of the pairs once. */
export type OrderOf = (epoch: number) => readonly number[];

/** Caches the orders of the current epoch and the one before. Older orders are dropped, because each is as long as the dataset. */
export function rememberOrders(orderOf: OrderOf): OrderOf {
  const orders = new Map<number, readonly number[]>();
  return (epoch) => {
    const order = orders.get(epoch) ?? orderOf(epoch);
    orders.set(epoch, order);
    orders.delete(epoch - 2);
    return order;
  };
}

/**
 * The indices of the pairs of a step. The orders of all epochs form one sequence that is cut every `batch` pairs, so that no batch is short and the
 * step number alone gives the position in the data.
 */
export function stepPairs(step: number, batch: number, count: number, orderOf: OrderOf): number[] {
  return Array.from({ length: batch }, (_, i) => {
    const position = step * batch + i;
    return itemAt(orderOf(Math.floor(position / count)), position % count);
  });
}

/** Cuts a step into micro-batches of at most `size` pairs. Each text and each image is listed once in a micro-batch. */
export function microBatches(pairs: readonly Pair[], size: number): MicroBatch[] {
  const weights = pairWeights(pairs.map((pair) => pair.examplesPerPrompt));
  const starts = Array.from({ length: Math.ceil(pairs.length / size) }, (_, i) => i * size);
  return starts.map((start) => microBatch(pairs.slice(start, start + size), weights.slice(start, start + size)));
}

function microBatch(pairs: readonly Pair[], weights: number[]): MicroBatch {
  const texts = new Names();
  const images = new Names();
  return {
    text: pairs.map((pair) => texts.indexOf(pair.caption)),
    image0: pairs.map((pair) => images.indexOf(pair.image0)),
    image1: pairs.map((pair) => images.indexOf(pair.image1)),
    targets: pairs.map((pair) => pair.target),
    weights,
    texts: texts.list,
    images: images.list,
  };
}

/** A list of different names that gives the index of each. */
class Names {
  readonly list: string[] = [];
  readonly #indices = new Map<string, number>();

  indexOf(name: string): number {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    this.#indices.set(name, this.list.length);
    return this.list.push(name) - 1;
  }
}
