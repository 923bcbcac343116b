/** @file Chooses the device and the precision for the steps of a run. */
import { chooseDevice, fastestPrecision, type RealDevice } from "@pickapic/graph";
import type { TrainSettings } from "../settings/settings.ts";

/** The device that computes the steps of a run, and how precisely. */
export interface Execution {
  device: RealDevice;
  /** The precision of matrix products. */
  precision: "float32" | "float16";
}

/** The graphics devices that training supports. docs/decisions.md says what a test must show before another is added. */
const TRAINING_CARDS = ["webgpu"] as const;

/** Questions to this machine, which tests replace. */
interface ExecutionEffects {
  onNote?: (sentence: string) => void;
  choose?: typeof chooseDevice;
  fastest?: typeof fastestPrecision;
}

/**
 * Chooses device and precision by the settings and this machine. A resumed run keeps those of `before`, because others would round differently.
 * @throws GraphError PICKAPIC_GRAPH_DEVICE_MISSING
 */
export async function chooseExecution(
  { device: wanted, precision: wantedPrecision }: Pick<TrainSettings, "device" | "precision">,
  before: Execution | undefined,
  { onNote, choose = chooseDevice, fastest = fastestPrecision }: ExecutionEffects = {},
): Promise<Execution> {
  if (before) {
    await choose(before.device);
    return before;
  }
  const { device, says } = await choose(wanted, { cards: TRAINING_CARDS });
  const precision = wantedPrecision === "auto" ? await fastest(device) : wantedPrecision;
  if (wanted !== "cpu" || precision !== "float32") onNote?.(`${says} Products in ${precision}.`);
  return { device, precision };
}

/** Whether steps run on the CPU in float32. */
export const isOrdinary = ({ device, precision }: Execution): boolean => device === "cpu" && precision === "float32";
