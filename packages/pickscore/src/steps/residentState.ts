/** @file The state of a training on a device: brought there when it is first needed, fetched when somebody wants to see it. */
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

export type Tensors = Map<string, DeviceTensor>;

/** Parameters and their two moments. */
export type StateTensors = Readonly<Record<"p" | "m" | "v", Tensors>>;

export interface ResidentState {
  tensors(): Promise<StateTensors>;
  /** What a session reads: parameters as they are now, frozen tensors, and the given arrays. */
  feeds(session: Pick<DeviceSession, "inputs">, inputs: Arrays): Promise<Record<string, TypedArray | DeviceTensor>>;
  /** Copies parameters and moments into the state that they were brought from. */
  fetch(): Promise<void>;
  /** Forgets parameters and moments: they are brought again when they are next needed. */
  reload(): void;
  close(): Promise<void>;
}

/** @param frozen tensors that are only read; those that no session reads stay where they are */
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

export function freeAll(tensors: Tensors): void {
  for (const tensor of tensors.values()) tensor.free();
}
