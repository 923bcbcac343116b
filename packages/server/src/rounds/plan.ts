/** @file Decides which pair a round shows next and which images that needs. These functions are pure and see only ids and counts. */
import type { Random } from "@pickapic/chance";
import type { Choice } from "../api.ts";

/** An answered comparison. */
export interface Answered {
  left: string;
  right: string;
  choice: Choice;
}

/** Two images to show, by their ids. */
export interface Pair {
  left: string;
  right: string;
  /** The image that stays from the previous answer. Null in the first pair of a round. */
  kept: string | null;
}

/**
 * Returns the next pair, or null if an image is still missing. The preferred image of the last answer stays (after a tie, a random one of the two) and the
 * first of `images` joins it. The first pair of a round is two new images. Which image goes to the left is random.
 * @param history answered comparisons of the round, oldest first; only the last one matters
 * @param images ids of ready images that no comparison has shown, oldest first
 */
export function nextPair(history: readonly Answered[], images: readonly string[], random: Random): Pair | null {
  const last = history.at(-1);
  const [first, second] = images;
  if (first === undefined) return null;
  if (last) {
    const kept = keptOf(last, random);
    return { ...inRandomSlots(kept, first, random), kept };
  }
  return second === undefined ? null : { ...inRandomSlots(first, second, random), kept: null };
}

function keptOf({ left, right, choice }: Answered, random: Random): string {
  if (choice === "tie") return random() < 0.5 ? left : right;
  return choice === "left" ? left : right;
}

function inRandomSlots(a: string, b: string, random: Random): { left: string; right: string } {
  return random() < 0.5 ? { left: a, right: b } : { left: b, right: a };
}

/** The counts that decide which images a round needs. */
export interface Board {
  /** True while a comparison waits for its answer. */
  open: boolean;
  /** True if the next comparison has a kept image. */
  stays: boolean;
  /** Number of ready images that no comparison has shown. */
  ready: number;
  /** Number of images that are queued or being generated. */
  coming: number;
}

/** Returns how many new images the next comparison needs: one if it has a kept image, else two. None while a comparison is open. */
export function imagesNeeded({ open, stays }: Board): number {
  if (open) return 0;
  return stays ? 1 : 2;
}

/** Returns how many images to order now, so that `ahead` more images are ready or coming than the next comparison needs. */
export function imagesMissing(board: Board, ahead: number): number {
  return Math.max(0, imagesNeeded(board) + ahead - board.ready - board.coming);
}

/** True if no comparison is open and the images that are ready or coming are too few for one: the person has to try again. */
export function isStuck(board: Board): boolean {
  return board.ready + board.coming < imagesNeeded(board);
}
