/** @file Whether validation and test are large enough to measure with, and if not, how many more prompts are needed. */

import { FEWEST_HELD_OUT, HELD_OUT_PROMPTS, HELD_OUT_SHARE, type SplitSettings } from "./splits.ts";

/** Sizes of planned splits. */
export interface SplitSizes {
  /** Different prompts of the whole dataset. */
  readonly prompts: number;
  /** Held-out prompts, half in validation and half in test: an even number. */
  readonly heldOutPrompts: number;
  /** Rankings in validation. */
  readonly validation: number;
  /** Rankings in test. */
  readonly test: number;
}

/**
 * Returns sentences about held-out splits that are too small for a share to be given, with what is missing. None when all are
 * large enough.
 */
export function shortages(sizes: SplitSizes, settings: SplitSettings = {}): string[] {
  const { heldOutPrompts: most = HELD_OUT_PROMPTS, heldOutShare: share = HELD_OUT_SHARE } = settings;
  if (most === 0 || share === 0) return [];
  if (sizes.heldOutPrompts === 0) return [nothingHeldOut(sizes, most)];
  const each = sizes.heldOutPrompts / 2;
  const fewest = Math.min(sizes.validation, sizes.test);
  if (each >= FEWEST_HELD_OUT) return [];
  const few = `from fewer than ${FEWEST_HELD_OUT} no share can be told`;
  const more = (promptsEach: number) => remedy(2 * promptsEach, sizes.prompts, most, share);
  if (fewest >= FEWEST_HELD_OUT)
    return [
      `validation_unique and test_unique have ${rankings(each)} each: ${few}, so measure on validation (${sizes.validation}) and test ` +
        `(${sizes.test}). ${more(FEWEST_HELD_OUT)} would give the unique splits ${FEWEST_HELD_OUT} each.`,
    ];
  const perPrompt = fewest / each;
  return [
    `validation has ${rankings(sizes.validation)} and test ${sizes.test}, their unique splits ${each} each: ${few}. ` +
      `${more(Math.ceil(FEWEST_HELD_OUT / perPrompt))}, ranked as often as these, would give validation and test ${FEWEST_HELD_OUT} each.`,
  ];
}

function nothingHeldOut({ prompts }: SplitSizes, most: number): string {
  const missing =
    prompts < 3
      ? `that takes 3 different prompts, and there ${prompts === 1 ? "is" : "are"} ${prompts}`
      : `that takes 2 prompts, and at most ${most} may be held out`;
  return `All rankings are in train; validation and test are empty: ${missing}.`;
}

/** Says how to get `heldOut` held-out prompts. */
function remedy(heldOut: number, prompts: number, most: number, share: number): string {
  if (heldOut > most) return `To hold out ${heldOut} prompts (--held-out-prompts)`;
  const missing = Math.max(1, Math.ceil(heldOut / share) - prompts);
  return `About ${missing} more prompt${missing === 1 ? "" : "s"}`;
}

const rankings = (count: number): string => `${count} ranking${count === 1 ? "" : "s"}`;
