/** @file Parameters and moments of a training in device memory: copied there when a step first needs them, and copied back when a caller asks. */
import { entryOf } from "@pickapic/errors";
import {
  type Arrays,
  type DeviceSession,
  type DeviceTensor,
  openDeviceMemory,
  type RealDevice,
  type TypedArray,
} from "@pickapic/graph";
import type { Arena } from "../adamw/arena.ts";
import type { Shapes, TrainState } from "./state.ts";

/** Tensors on a device by the names of the parameters that they belong to. */
export type Tensors = Map<string, DeviceTensor>;

/** Tensors on the device: parameters (p), expAvg (m) and expAvgSq (v). */
export type StateTensors = Readonly<Record<"p" | "m" | "v", Tensors>>;

/** The state of a training in device memory; it is freed by `close`. */
export interface ResidentState {
  /** The tensors on the device; the first call copies them there. */
  tensors(): Promise<StateTensors>;
  /** The inputs of a session: current parameters, frozen tensors, and whatever it reads of `inputs`. */
  feeds(session: Pick<DeviceSession, "inputs">, inputs: Arrays): Promise<Record<string, TypedArray | DeviceTensor>>;
  /** Copies parameters and moments from the device back into the state. */
  fetch(): Promise<void>;
  /** Frees parameters and moments on the device. The next use copies them from the state again. */
  reload(): void;
  close(): Promise<void>;
}

/**
 * Opens device memory for the state of a training.
 * @param frozen tensors that no step changes; each is copied to the device when a session first reads it
 */
export async function openResident(
  device: RealDevice,
  state: TrainState,
  shapes: Shapes,
  frozen: ReadonlyMap<string, Float32Array>,
): Promise<ResidentState> {
  const memory = await openDeviceMemory(device);
  const still: Tensors = new Map();
  let moving: StateTensors | null = null;
  const bring = async ({ views }: Arena): Promise<Tensors> => {
    const tensors: Tensors = new Map();
    for (const [name, view] of views) tensors.set(name, await memory.put(view, entryOf(shapes, name)));
    return tensors;
  };
  const tensors = async (): Promise<StateTensors> => {
    moving ??= { p: await bring(state.parameters), m: await bring(state.expAvg), v: await bring(state.expAvgSq) };
    return moving;
  };
  const reload = () => {
    for (const each of Object.values(moving ?? {})) freeAll(each);
    moving = null;
  };
  return {
    tensors,
    async feeds({ inputs: wanted }, inputs) {
      const { p } = await tensors();
      const feeds: Record<string, TypedArray | DeviceTensor> = {};
      for (const { name, shape } of wanted) {
        const array = frozen.get(name);
        if (array && !still.has(name)) still.set(name, await memory.put(array, shape));
        const found = p.get(name) ?? still.get(name) ?? inputs[name];
        if (found) feeds[name] = found;
      }
      return feeds;
    },
    async fetch() {
      if (!moving) return;
      const pairs = [
        [state.parameters, moving.p],
        [state.expAvg, moving.m],
        [state.expAvgSq, moving.v],
      ] as const;
      for (const [arena, from] of pairs) for (const [name, view] of arena.views) await memory.take(entryOf(from, name), view);
    },
    reload,
    async close() {
      freeAll(still);
      reload();
      await memory.close();
    },
  };
}

/** Frees the device memory of all tensors. */
export function freeAll(tensors: Tensors): void {
  for (const tensor of tensors.values()) tensor.free();
}
