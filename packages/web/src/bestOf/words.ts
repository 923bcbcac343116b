/** @file What the best-of-n page says about the pictures that come. */
import type { BEST_OF_IMAGES, BestOf } from "@pickapic/server/api";

/** The least and the most pictures, and how many are suggested. Its type is that of the server's contract, so that other numbers do not compile. */
export const PICTURES: typeof BEST_OF_IMAGES = { least: 4, most: 32, usual: 12 };

/** True while pictures may still come. */
export const goesOn = ({ state }: Pick<BestOf, "state">): boolean => state === "waiting" || state === "running";

/** One or two short sentences about a best of n. */
export function sentenceAbout({ state, images, failed, n }: Pick<BestOf, "state" | "images" | "failed" | "n">): string {
  const lost = failed === 0 ? "" : ` ${failed === 1 ? "1 picture" : `${failed} pictures`} could not be made.`;
  const made = images.length;
  if (state === "waiting") return "Waiting: pictures for people who judge are painted first.";
  if (state === "running") return `${made} of ${n} painted and scored.${lost}`;
  if (state === "failed") return "None of the pictures could be made. Please try again in a moment.";
  if (state === "stopped") return made === 0 ? "Stopped before a picture was there." : `Stopped: the best of ${made}.${lost}`;
  return `Done: the best of ${made}.${lost}`;
}
