/** @file What a round shows next and what it needs for that: pure decisions over ids. */
import type { Random } from "@pickapic/chance";
import type { Choice } from "../api.ts";

/** An answered comparison. */
export interface Answered {
  left: string;
  right: string;
  choice: Choice;
}

export interface Pair {
  left: string;
  right: string;
  /** The image that stays from the answer before; null in the first pair. */
  kept: string | null;
}

/**
 * The next two images: the preferred one stays (after a tie a random one of the two), the first of `images` joins it, and chance
 * decides who stands left. The first pair of a round is two new images. Null: an image is still missing.
 * @param history answered comparisons of the round, oldest first (the last one decides).
 * @param images ready images that no comparison has shown, oldest first.
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

export interface Board {
  /** A comparison waits for its answer. */
  open: boolean;
  /** An image of the answer before stays for the next comparison. */
  stays: boolean;
  /** Images that no comparison has shown yet: ready, and being made. */
  ready: number;
  coming: number;
}

/** New images that the next comparison takes: one where an image stays, else two; none while a comparison is open. */
export function imagesNeeded({ open, stays }: Board): number {
  if (open) return 0;
  return stays ? 1 : 2;
}

/** Images to order now, so that `ahead` are there or coming besides those that are needed. */
export function imagesMissing(board: Board, ahead: number): number {
  return Math.max(0, imagesNeeded(board) + ahead - board.ready - board.coming);
}

/** True when no comparison is open and what is ready and coming cannot make one: somebody has to try again. */
export function isStuck(board: Board): boolean {
  return board.ready + board.coming < imagesNeeded(board);
}
