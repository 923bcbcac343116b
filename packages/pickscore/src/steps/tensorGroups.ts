/** @file AdamW on a device. It updates tensors in groups, so that a step is few runs and no run needs memory for a second copy of all tensors. */
import { entryOf, fieldOf, itemAt } from "@pickapic/errors";
import { type DeviceSession, type DeviceTensor, Graph, printGraph, sizeOf, type Value } from "@pickapic/graph";
import { type AdamWInputs, type AdamWScalars, adamW } from "../adamw/adamWGraph.ts";
import type { AdamWSettings } from "../adamw/state.ts";
import type { StateTensors, Tensors } from "./residentState.ts";
import { floats, type Shapes } from "./state.ts";

/** Tensors that one run of a graph updates together. */
export interface TensorGroup {
  readonly names: readonly string[];
  /** Factor of the learning rate for all tensors of the group. */
  readonly share: number;
}

/** Most floats of a group of several tensors. In groups of this size, launching kernels takes next to no time beside running them. */
const MOST_FLOATS = 1 << 24;

/** Groups neighbouring tensors that have the same factor of the learning rate. A tensor larger than `most` floats is a group of its own. */
export function groupTensors(shapes: Shapes, rateOf: (name: string) => number = () => 1, most = MOST_FLOATS): TensorGroup[] {
  const groups: { names: string[]; share: number }[] = [];
  let room = 0;
  for (const [name, shape] of shapes) {
    const [size, share] = [sizeOf(shape), rateOf(name)];
    if (size > room || groups.at(-1)?.share !== share) {
      groups.push({ names: [], share });
      room = most;
    }
    itemAt(groups, groups.length - 1).names.push(name);
    room -= size;
  }
  return groups;
}

type Open = (graph: Graph, keep: readonly string[]) => Promise<DeviceSession>;

/** AdamW on a device, group by group. The tensors of a device cannot be changed in place, so an update makes new ones. */
export interface GroupOptimizer {
  /** Gradient accumulation: sum += addend. It frees the tensors of `addend`. */
  add(sum: Tensors, addend: Tensors): Promise<void>;
  /** Sum of the squares of all elements. */
  sumSquares(gradients: Tensors): Promise<number>;
  /**
   * Makes an AdamW update: replaces parameters and moments by new tensors, and frees the gradients.
   * @param scalarsOf gives the scalars of AdamW for a factor of the learning rate
   */
  update(
    state: StateTensors & { readonly g: Tensors },
    scalarsOf: (share: number) => Record<string, Float32Array>,
  ): Promise<void>;
}

interface OpenGroup extends TensorGroup {
  adder: DeviceSession;
  squares: DeviceSession;
  updater: DeviceSession;
}

async function openGroup({ names, share }: TensorGroup, shapes: Shapes, settings: AdamWSettings, open: Open): Promise<OpenGroup> {
  const own = names.map((name) => entryOf(shapes, name));
  const every = (what: string) => own.map((_, i) => `${what} ${i}`);
  return {
    names,
    share,
    adder: await open(addGraph(own), every("sum")),
    squares: await open(squaresGraph(own), []),
    updater: await open(
      updateGraph(own, settings),
      ["p", "m", "v"].flatMap((what) => every(`next ${what}`)),
    ),
  };
}

/** Opens the graphs of all groups; equal graphs share a session. @param open opens a session on the device, which the caller closes */
export async function openGroups(
  groups: readonly TensorGroup[],
  shapes: Shapes,
  settings: AdamWSettings,
  open: Open,
): Promise<GroupOptimizer> {
  const sessions = new Map<string, DeviceSession>();
  const openOnce: Open = async (graph, keep) => {
    const key = printGraph(graph);
    const known = sessions.get(key) ?? (await open(graph, keep));
    sessions.set(key, known);
    return known;
  };
  const opened: OpenGroup[] = [];
  for (const group of groups) opened.push(await openGroup(group, shapes, settings, openOnce));
  return {
    async add(sum, addend) {
      for (const { names, adder } of opened) {
        const { tensors: sums } = await adder.run({ ...numbered("a", names, sum), ...numbered("b", names, addend) });
        for (const [i, name] of names.entries()) {
          replace(sum, name, fieldOf(sums, `sum ${i}`));
          entryOf(addend, name).free();
        }
      }
    },
    async sumSquares(gradients) {
      let sum = 0;
      for (const { names, squares } of opened) {
        const { arrays } = await squares.run(numbered("g", names, gradients));
        sum += floats(arrays.squares).reduce((total, each) => total + each, 0);
      }
      return sum;
    },
    async update({ p, m, v, g }, scalarsOf) {
      for (const { names, share, updater } of opened) {
        const state = { ...numbered("p", names, p), ...numbered("m", names, m), ...numbered("v", names, v) };
        const { tensors: next } = await updater.run({ ...state, ...numbered("g", names, g), ...scalarsOf(share) });
        for (const [i, name] of names.entries()) {
          for (const [what, each] of Object.entries({ p, m, v })) replace(each, name, fieldOf(next, `next ${what} ${i}`));
          entryOf(g, name).free();
        }
      }
    },
  };
}

function replace(tensors: Tensors, name: string, next: DeviceTensor): void {
  entryOf(tensors, name).free();
  tensors.set(name, next);
}

const numbered = (what: string, names: readonly string[], tensors: Tensors): Record<string, DeviceTensor> =>
  Object.fromEntries(names.map((name, i) => [`${what} ${i}`, entryOf(tensors, name)]));

type OwnShapes = readonly (readonly number[])[];

function addGraph(shapes: OwnShapes): Graph {
  const g = new Graph("add");
  for (const [i, shape] of shapes.entries())
    g.output(`sum ${i}`, g.add(g.input(`a ${i}`, "float32", shape), g.input(`b ${i}`, "float32", shape)));
  return g;
}

/** A graph of the sum of squares of each tensor. The caller adds these sums up in float64. */
function squaresGraph(shapes: OwnShapes): Graph {
  const g = new Graph("squares");
  const each = shapes.map((shape, i) => g.reshape(g.sumSquare(g.input(`g ${i}`, "float32", shape)), [1]));
  g.output("squares", g.concat(each, 0));
  return g;
}

function updateGraph(shapes: OwnShapes, settings: AdamWSettings): Graph {
  const g = new Graph("adamw");
  const scalar = (name: string) => g.input(name, "float32", []);
  const scalars: AdamWScalars = {
    scale: scalar("scale"),
    decay: scalar("decay"),
    rate: scalar("rate"),
    spread: scalar("spread"),
  };
  for (const [i, shape] of shapes.entries()) {
    const input = (what: string): Value => g.input(`${what} ${i}`, "float32", shape);
    const inputs: AdamWInputs = { p: input("p"), m: input("m"), v: input("v"), g: input("g") };
    const { parameters, expAvg, expAvgSq } = adamW(g, inputs, scalars, settings);
    g.output(`next p ${i}`, parameters);
    g.output(`next m ${i}`, expAvg);
    g.output(`next v ${i}`, expAvgSq);
  }
  return g;
}
