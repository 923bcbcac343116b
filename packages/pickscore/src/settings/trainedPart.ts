/** @file Reads the setting `train`, which says which parameters are trained. Imports little, because the command line loads it at every start. */

/** Which parameters the optimizer changes. */
export type TrainedPart =
  | { kind: "all" }
  /** Both projections and the temperature. */
  | { kind: "head" }
  /** The projection of images and the temperature. */
  | { kind: "image-head" }
  /** The head, the final norms and the last `layers` layers of both towers. */
  | { kind: "last"; layers: number }
  /** Additions of this rank to all linear layers, and the temperature. */
  | { kind: "lora"; rank: number };

const SPELLED = /^(?:(all|head|image-head)|last:([1-9]\d{0,3})|lora:([1-9]\d{0,3}))$/;

/** Reads "all", "head", "image-head", "last:2" or "lora:8"; null for any other text. */
export function parseTrainedPart(text: string): TrainedPart | null {
  const match = SPELLED.exec(text);
  if (!match) return null;
  const [, word, layers, rank] = match;
  if (layers !== undefined) return { kind: "last", layers: Number(layers) };
  if (rank !== undefined) return { kind: "lora", rank: Number(rank) };
  return { kind: word === "head" || word === "image-head" ? word : "all" };
}

/** The text that `parseTrainedPart` reads. */
export function trainedPartText(trainedPart: TrainedPart): string {
  if (trainedPart.kind === "last") return `last:${trainedPart.layers}`;
  return trainedPart.kind === "lora" ? `lora:${trainedPart.rank}` : trainedPart.kind;
}

/** Whether the lower layers of both towers are frozen, so that they need to run only once on every text and image. */
export const isFrozenBottom = ({ kind }: TrainedPart): boolean => kind === "head" || kind === "image-head" || kind === "last";
