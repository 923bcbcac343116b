/** @file One micro-batch as a turn of many: its gradients are added to the sums, and after the last of a step AdamW changes the parameters. */
import { gradients as backward, type Graph, mixedPrecision, type Repetition, type Value } from "@pickapic/graph";
import { adamW } from "../adamw/adamWGraph.ts";
import type { AdamWSettings } from "../adamw/optimizer.ts";
import { sumName } from "./segments.ts";
import type { Feed, Shapes } from "./stepper.ts";

/** Steps that one run can make: so many places has its list of results. */
export const MOST_STEPS = 64;

/** Inputs of a turn besides those of the feed; names with a blank, so that no tensor of a model has them. */
export const TURN = {
  /** 1 in the last micro-batch of a step, else 0. */
  isLast: "is last",
  /** [MOST_STEPS, 1], 1 at the place of the step. */
  place: "place of step",
  rate: "rate of step",
  spread: "spread of step",
  /** Learning rate times weight decay. */
  decrease: "decrease of step",
  /** What gradients are too large by. */
  scale: "scale of loss",
  /** Loss of the micro-batches of the step so far. */
  loss: "loss so far",
  /** [MOST_STEPS, 2], loss and norm of each step. */
  results: "results of steps",
} as const;

export const firstName = (name: string): string => `first of ${name}`;
export const secondName = (name: string): string => `second of ${name}`;
const next = (name: string): string => `next ${name}`;
const GO_ON = "go on";

/** 1 where all numbers are finite, else 0. */
const finite = (g: Graph, ...numbers: Value[]): Value => {
  // x 0 is 0 for every finite x and NaN for all else.
  const zero = numbers.map((x) => g.mul(x, 0)).reduce((a, b) => g.add(a, b));
  return g.cast(g.equal(zero, 0), "float32");
};

/** Norm of gradients that are `scale` times too large. */
function normOf(g: Graph, sums: readonly Value[], scale: Value): Value {
  const squares = sums.map((x) => g.reshape(g.sumSquare(x), [1]));
  return g.div(g.sqrt(g.sum(g.concat(squares, 0))), scale);
}

interface TurnOptions {
  isMixed: boolean;
  rateOf?: ((name: string) => number) | undefined;
}

/** The turn of a feed. A step whose loss or norm is not finite changes nothing and ends the run. */
export function windowGraph(
  feed: Feed,
  shapes: Shapes,
  settings: AdamWSettings,
  { isMixed, rateOf = () => 1 }: TurnOptions,
): Repetition {
  const { graph: g, loss } = feed.graph();
  const own = g.inputs.map(({ name }) => name);
  const names = [...shapes.keys()];
  const scalar = (name: string) => g.input(name, "float32", []);
  const [isLast, rate, spread] = [scalar(TURN.isLast), scalar(TURN.rate), scalar(TURN.spread)];
  const [decrease, scale] = [scalar(TURN.decrease), scalar(TURN.scale)];
  const carried = new Map<string, string>();
  const carry = (x: Value, value: Value) => {
    g.output(next(x.name), value);
    carried.set(x.name, next(x.name));
  };
  const parameters = names.map((name) => g.inputs.find((input) => input.name === name)!);
  const slopes = backward(g, loss, parameters, g.reshape(scale, loss.shape));
  const before = names.map((name) => g.input(sumName(name), "float32", shapes.get(name)!));
  const sums = before.map((sum, i) => g.add(sum, slopes[i]!));
  const lossBefore = scalar(TURN.loss);
  const lossNow = g.add(lossBefore, g.reshape(loss, []));
  const norm = normOf(g, sums, scale);
  const good = finite(g, norm, lossNow);
  const [ends, changes] = [g.greater(isLast, 0.5), g.greater(g.mul(isLast, good), 0.5)];
  const clip = settings.clipNorm > 0 ? g.min(g.div(settings.clipNorm, g.add(norm, 1e-6)), 1) : g.scalar(1, "float32");
  for (const [i, p] of parameters.entries()) {
    const share = rateOf(names[i]!);
    const [m, v] = [g.input(firstName(p.name), "float32", p.shape), g.input(secondName(p.name), "float32", p.shape)];
    const scalars = { scale: g.div(clip, scale), spread, rate: g.mul(rate, share), decay: g.sub(1, g.mul(decrease, share)) };
    const made = adamW(g, { p, m, v, g: sums[i]! }, scalars, settings);
    carry(p, g.where(changes, made.parameters, p));
    carry(m, g.where(changes, made.first, m));
    carry(v, g.where(changes, made.second, v));
    carry(before[i]!, g.where(ends, 0, sums[i]!));
  }
  carry(lossBefore, g.where(ends, 0, lossNow));
  const results = g.input(TURN.results, "float32", [MOST_STEPS, 2]);
  const here = g.greater(g.mul(g.input(TURN.place, "float32", [MOST_STEPS, 1]), isLast), 0.5);
  carry(results, g.where(here, g.reshape(g.concat([g.reshape(lossNow, [1]), g.reshape(norm, [1])], 0), [1, 2]), results));
  // Not (last and not good).
  g.output(GO_ON, g.less(g.mul(isLast, g.sub(1, good)), 0.5));
  const each = [...own.filter((name) => name in feed.inputs), TURN.isLast, TURN.place, TURN.rate, TURN.spread, TURN.decrease];
  return { body: isMixed ? mixedPrecision(g) : g, carried, each, goOn: GO_ON };
}
