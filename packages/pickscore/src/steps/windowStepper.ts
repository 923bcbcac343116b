/** @file Several steps in one run of the runtime: for a device whose tensors cannot be held between runs. The state crosses the bus once for all of them. */
import { openRepeated, type RealDevice, type RepeatedSession, type Repetition, type TypedArray } from "@pickapic/graph";
import { scalarsOf } from "../adamw/adamWGraph.ts";
import { type Arena, createArena } from "../adamw/arena.ts";
import type { AdamWSettings } from "../adamw/optimizer.ts";
import { afterGoodStep, afterOverflow, FIRST_SCALE, stepsToDoubling } from "./lossScale.ts";
import { sumName } from "./segments.ts";
import type { Feed, Shapes, StepAhead, Stepper, StepperOptions, StepResult, TrainState } from "./stepper.ts";
import { firstName, MOST_STEPS, secondName, TURN, windowGraph } from "./windowGraph.ts";

export interface WindowStepperOptions extends Pick<StepperOptions, "frozen" | "rateOf"> {
  device: RealDevice;
  /** Of products; all else, and what is trained, is in float32. */
  precision: "float32" | "float16";
  /** Most steps at once, up to 64. */
  most?: number;
  /** ms, rising */
  now?: () => number;
}

/** How long a run may take, in seconds: nothing else happens meanwhile, not even Ctrl-C. */
const PATIENCE = 2;

/** A micro-batch and the numbers of its step. */
interface Turn {
  feed: Feed;
  /** Place of the step in the window. */
  place: number;
  isLast: boolean;
  learningRate: number;
}

/** A graph with the session of it. */
interface Opened {
  repetition: Repetition;
  session: RepeatedSession;
}

/** Opens a stepper that makes as many steps at once as take two seconds, and hands them out one by one. */
export function openWindowStepper(
  state: TrainState,
  shapes: Shapes,
  settings: AdamWSettings,
  options: WindowStepperOptions,
): Stepper {
  const { precision, most = MOST_STEPS, now = () => performance.now() } = options;
  const window = new Window(state, shapes, settings, options);
  const made: StepResult[] = [];
  let pace = 1;
  const lengthOf = () => Math.min(pace, most, precision === "float16" ? stepsToDoubling(state.lossScale ?? FIRST_SCALE) : most);
  return {
    isAhead: () => made.length > 0,
    async step(feeds, learningRate, signal, ahead = []) {
      if (made.length === 0) {
        signal?.throwIfAborted();
        const steps = [{ feeds: [...feeds], learningRate }, ...take(ahead, lengthOf() - 1)];
        const start = now();
        const results = await window.make(steps);
        const seconds = (now() - start) / 1000 / results.length;
        pace = Math.min(MOST_STEPS, Math.max(1, Math.floor(PATIENCE / Math.max(seconds, 1e-3))));
        made.push(...results.map((result) => ({ ...result, seconds })));
      }
      const result = made.shift()!;
      if (Number.isFinite(result.gradientNorm)) state.step++;
      return result;
    },
    close: () => window.close(),
  };
}

/** The first few of the steps to come. */
function take(ahead: Iterable<StepAhead>, count: number): { feeds: Feed[]; learningRate: number }[] {
  const taken: { feeds: Feed[]; learningRate: number }[] = [];
  for (const { feeds, learningRate } of count > 0 ? ahead : []) {
    taken.push({ feeds: [...feeds], learningRate });
    if (taken.length >= count) break;
  }
  return taken;
}

/** Makes windows of steps on the arrays of a state. */
class Window {
  readonly #state: TrainState;
  readonly #shapes: Shapes;
  readonly #settings: AdamWSettings;
  readonly #options: WindowStepperOptions;
  readonly #sum: Arena;
  readonly #opened = new Map<string, Opened>();

  constructor(state: TrainState, shapes: Shapes, settings: AdamWSettings, options: WindowStepperOptions) {
    this.#state = state;
    this.#shapes = shapes;
    this.#settings = settings;
    this.#options = options;
    this.#sum = createArena(shapes);
  }

  /** At least one step. A step whose gradients overflow is made again with half the loss scale; one that fails otherwise is the only result. */
  async make(steps: readonly { feeds: readonly Feed[]; learningRate: number }[]): Promise<StepResult[]> {
    const state = this.#state;
    const isMixed = this.#options.precision === "float16";
    for (;;) {
      const scaling = state.lossScale ?? FIRST_SCALE;
      const results = await this.#attempt(steps, isMixed ? scaling.scale : 1);
      const failed = results.findIndex(({ gradientNorm }) => !Number.isFinite(gradientNorm));
      const good = failed < 0 ? results : results.slice(0, failed);
      if (!isMixed) return good.length > 0 ? good : results.slice(0, 1);
      state.lossScale = good.reduce(afterGoodStep, scaling);
      const scaled = (list: readonly StepResult[]) => list.map((result) => ({ ...result, lossScale: scaling.scale }));
      const smaller = failed >= 0 && Number.isFinite(results[failed]!.loss) ? afterOverflow(state.lossScale) : null;
      if (smaller) state.lossScale = smaller;
      if (good.length > 0) return scaled(good);
      if (!smaller) return scaled(results.slice(0, 1));
    }
  }

  /** Results of the steps up to the first that failed, which is in it. */
  async #attempt(steps: readonly { feeds: readonly Feed[]; learningRate: number }[], scale: number): Promise<StepResult[]> {
    const turns = steps.flatMap(({ feeds, learningRate }, place) =>
      feeds.map((feed, i): Turn => ({ feed, place, learningRate, isLast: i === feeds.length - 1 })),
    );
    this.#sum.flat.fill(0);
    const results = new Float32Array(2 * MOST_STEPS);
    const loss = new Float32Array(1);
    for (const part of cutByKey(turns)) {
      await this.#run(part, scale, { [TURN.results]: results, [TURN.loss]: loss });
      const complete = results.subarray(0, 2 * (part.at(-1)!.place + (part.at(-1)!.isLast ? 1 : 0)));
      if (!complete.every(Number.isFinite)) break;
    }
    const all = steps.map((_, place) => ({ loss: results[2 * place]!, gradientNorm: results[2 * place + 1]! }));
    const failed = all.findIndex((each) => !Number.isFinite(each.loss) || !Number.isFinite(each.gradientNorm));
    if (failed < 0) return all;
    return [...all.slice(0, failed), { loss: all[failed]!.loss, gradientNorm: Number.NaN }];
  }

  async #run(turns: readonly Turn[], scale: number, lists: Record<string, Float32Array>): Promise<void> {
    const { repetition, session } = await this.#open(turns[0]!.feed);
    const { parameters, first, second } = this.#state;
    const named = (arena: Arena, name: (of: string) => string) => [...arena.views].map(([of, view]) => [name(of), view] as const);
    const carried = Object.fromEntries([
      ...named(parameters, (of) => of),
      ...named(first, firstName),
      ...named(second, secondName),
      ...named(this.#sum, sumName),
      ...Object.entries(lists),
    ]);
    const fixed = { ...Object.fromEntries(this.#options.frozen ?? []), [TURN.scale]: Float32Array.of(scale) };
    await session.run(turns.length, { ...fixed, ...this.#slices(turns, repetition) }, carried);
  }

  /** What each turn reads of its own, one after another. */
  #slices(turns: readonly Turn[], { each }: Repetition): Record<string, TypedArray> {
    const { weightDecay } = this.#settings;
    const numbers = turns.map(({ feed, place, learningRate, isLast }): Record<string, TypedArray> => {
      const { rate, spread } = scalarsOf(0, this.#state.step + place, learningRate, this.#settings);
      const here = Float32Array.from({ length: MOST_STEPS }, (_, i) => (i === place ? 1 : 0));
      return {
        ...feed.inputs,
        [TURN.isLast]: Float32Array.of(isLast ? 1 : 0),
        [TURN.place]: here,
        [TURN.rate]: rate,
        [TURN.spread]: spread,
        [TURN.decrease]: Float32Array.of(learningRate * weightDecay),
      };
    });
    return Object.fromEntries(each.map((name) => [name, joined(numbers.map((turn) => turn[name]!))]));
  }

  async #open(feed: Feed): Promise<Opened> {
    const known = this.#opened.get(feed.key);
    if (known) return known;
    const { device, precision, rateOf } = this.#options;
    const { threads, spin } = this.#settings;
    const isMixed = precision === "float16";
    const repetition = windowGraph(feed, this.#shapes, this.#settings, { isMixed, rateOf });
    // In float16 the processor runs a graph as it is written: else it would not round (see RuntimeOptions).
    const optimize = !(isMixed && device === "cpu");
    const session = await openRepeated(repetition, { device, threads: threads || undefined, spin, optimize });
    const opened = { repetition, session };
    this.#opened.set(feed.key, opened);
    return opened;
  }

  async close(): Promise<void> {
    for (const { session } of this.#opened.values()) await session.close();
  }
}

/** Neighbours whose feeds have the same graph. */
function cutByKey(turns: readonly Turn[]): Turn[][] {
  const parts: Turn[][] = [];
  for (const turn of turns) {
    if (parts.at(-1)?.at(-1)?.feed.key === turn.feed.key) parts.at(-1)!.push(turn);
    else parts.push([turn]);
  }
  return parts;
}

/** Arrays of one kind as one. */
function joined(arrays: readonly TypedArray[]): TypedArray {
  const kind = arrays[0]!.constructor as new (length: number) => TypedArray;
  const all = new kind(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array as never, at);
    at += array.length;
  }
  return all;
}
