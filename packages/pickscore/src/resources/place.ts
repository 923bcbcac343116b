/** @file Where the steps of a run are made, and in which precision. */
import { chooseDevice, fastestPrecision, type RealDevice } from "@pickapic/graph";
import type { TrainSettings } from "../settings/settings.ts";

export interface Place {
  device: RealDevice;
  /** Of matrix products. */
  precision: "float32" | "float16";
}

/** The cards that a training step has run on (docs/decisions.md says what another one would have to show). */
const TRAINING_CARDS = ["webgpu"] as const;

/** What is asked of this machine. */
interface PlaceEffects {
  onNote?: (sentence: string) => void;
  choose?: typeof chooseDevice;
  fastest?: typeof fastestPrecision;
}

/**
 * The place that the settings mean on this machine; a run that goes on stays where it was, because elsewhere numbers are rounded otherwise.
 * @throws GraphError PICKAPIC_GRAPH_DEVICE_MISSING
 */
export async function findPlace(
  { device: wanted, precision: wantedPrecision }: Pick<TrainSettings, "device" | "precision">,
  before: Place | undefined,
  { onNote, choose = chooseDevice, fastest = fastestPrecision }: PlaceEffects = {},
): Promise<Place> {
  if (before) {
    await choose(before.device);
    return before;
  }
  const { device, says } = await choose(wanted, { cards: TRAINING_CARDS });
  const precision = wantedPrecision === "auto" ? await fastest(device) : wantedPrecision;
  if (wanted !== "cpu" || precision !== "float32") onNote?.(`${says} Products in ${precision}.`);
  return { device, precision };
}

/** Whether steps are made as on the processor. */
export const isOrdinary = ({ device, precision }: Place): boolean => device === "cpu" && precision === "float32";
