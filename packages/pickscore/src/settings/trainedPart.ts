/** @file The setting `train`: which part of a model is trained. Light, because the command line reads it at every start. */

export type TrainedPart =
  | { kind: "all" }
  | { kind: "head" }
  /** The projection of images and the temperature. */
  | { kind: "image-head" }
  | { kind: "last"; layers: number }
  | { kind: "lora"; rank: number };

/** What `parsePart` reads. */
export const PART_PATTERN = /^(all|head|image-head|(last|lora):([1-9]\d{0,3}))$/;

/** "all", "head", "image-head", "last:2" or "lora:8". */
export function parsePart(text: string): TrainedPart {
  const [, word, kind, number] = PART_PATTERN.exec(text)!;
  if (kind === "last") return { kind, layers: Number(number) };
  if (kind === "lora") return { kind, rank: Number(number) };
  return { kind: word as "all" | "head" | "image-head" };
}

/** Whether the bottoms of the towers are frozen, so that running them once on every text and image is enough. */
export const isFrozenBottom = ({ kind }: TrainedPart): boolean => kind === "head" || kind === "image-head" || kind === "last";
