/**
 * @file Which prompts rank text-to-image models as people do (section 6 of the paper): the same configurations on several sets of prompts, by people, by
 * scorers and by their Fréchet distance to real images.
 */
import { randomFor } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { type Features, frechetDistance, type Interval, intervalOfDraws, shortestInterval } from "@pickapic/evaluation";
import type { ImageScore, ImageSource, Scorer } from "@pickapic/pickscore";
import { ExperimentError } from "../errors.ts";
import type { ProgressReport } from "../progress.ts";
import { sideBySide } from "../sideBySide.ts";
import type { FeatureReader } from "./distances/features.ts";
import {
  correlationLead,
  correlationOf,
  type Drawn,
  difference,
  drawPrompts,
  type Order,
  type OrderSettings,
  orderOf,
  sharesOfScores,
  type WinShares,
} from "./winShares.ts";

/** A set of prompts, with one image of each configuration for every prompt. */
export interface PromptSet {
  readonly name: string;
  readonly prompts: readonly string[];
  /** The images of prompt i, in the order of the configurations. */
  images(prompt: number): Promise<readonly ImageSource[]>;
  /** What people say about the images of each prompt; null when nobody was asked. */
  readonly people: readonly WinShares[] | null;
}

/** A scorer with its threshold for ties. */
export interface SetJudge {
  readonly name: string;
  readonly scorer: Pick<Scorer, "scorePairs">;
  readonly threshold: number;
}

/** What the sets are measured with. */
export interface PromptSetSettings {
  /** Names of the configurations, at least three. */
  readonly configurations: readonly string[];
  readonly judges: readonly SetJudge[];
  /** What people say of the configurations in real use, higher for the better one; null when it is not known. */
  readonly truth: readonly number[] | null;
  /**
   * Real images, what computes features, and the draws for intervals, each of which computes all distances anew; null leaves the Fréchet distance
   * out.
   */
  readonly real: { readonly reader: FeatureReader; readonly images: readonly ImageSource[]; readonly draws: number } | null;
  readonly seed: number;
  /** Draws of prompts for the intervals. */
  readonly draws: number;
  /** Sums of the values of the configurations, with these weights, that are told as well, such as guidance 9 minus guidance 3. */
  readonly contrasts?: readonly Contrast[];
}

/** A weighted sum over the configurations. */
export interface Contrast {
  readonly name: string;
  readonly weights: readonly number[];
}

/** A figure with its interval over draws of prompts. */
export interface Estimated {
  /** Null when it cannot be computed; see `reason`. */
  value: number | null;
  interval: Interval | null;
  /** Why value or interval is null; null when both are given. */
  reason: string | null;
}

/** How one judge ranks the configurations on one set. */
export interface JudgedSet {
  /** "people", a scorer, or "Fréchet distance". */
  judge: string;
  /** What `values` are: win ratios 0...1, or distances, where less is better. */
  unit: "share" | "distance";
  /** One for each configuration. */
  values: Estimated[];
  /** Spearman's correlation with people on the same prompts; null for people themselves, and when nobody was asked. */
  withPeople: Estimated | null;
  /** Spearman's correlation with what people say in real use; null when that is not known. */
  withTruth: Estimated | null;
  /** The contrasts that were asked for, of `values`. */
  contrasts: (Estimated & { name: string })[];
}

/** One set with everything that was measured on it. */
export interface MeasuredSet {
  name: string;
  prompts: number;
  judges: JudgedSet[];
}

/** What was measured on the sets. */
export interface PromptSetReport {
  configurations: string[];
  truth: number[] | null;
  sets: MeasuredSet[];
  /** The correlation with real use on the first set minus that on each other set, by the same judge. */
  comparisons: { judge: string; first: string; second: string; difference: Estimated }[];
  /** By each scorer and set: its correlation with people on these prompts minus that of the Fréchet distance. */
  againstDistance: { judge: string; set: string; difference: Estimated }[];
  protocol: string;
}

/** What the measurement needs from its caller. Aborting `signal` ends it. */
export interface PromptSetEffects {
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
}

/** Prompts worked on at the same time: while the images of one are judged, those of the next are read or drawn. */
const AT_ONCE = 2;

/** The name of the judge that is no scorer. */
export const FRECHET = "Fréchet distance";

/**
 * Measures every set with every judge.
 * @throws ExperimentError PICKAPIC_CLI_NO_SCORE for the first image without a score
 */
export async function measurePromptSets(
  sets: readonly PromptSet[],
  settings: PromptSetSettings,
  effects: PromptSetEffects,
): Promise<PromptSetReport> {
  const real = settings.real && (await settings.real.reader.read(settings.real.images, { signal: effects.signal }));
  const total = sets.reduce((sum, { prompts }) => sum + prompts.length, 0);
  const measured: { set: PromptSet; orders: Order[] }[] = [];
  let before = 0;
  for (const set of sets) {
    const onProgress = ({ done }: ProgressReport) => effects.onProgress({ done: before + done, total, unit: "prompts" });
    measured.push({ set, orders: await ordersOf(set, settings, real, { ...effects, onProgress }) });
    before += set.prompts.length;
  }
  return reportOf(measured, settings);
}

/** People first, if they were asked, then the scorers, then the Fréchet distance. */
async function ordersOf(
  set: PromptSet,
  settings: PromptSetSettings,
  real: Features | null,
  { signal, onProgress }: PromptSetEffects,
): Promise<Order[]> {
  const total = set.prompts.length;
  const judged = await sideBySide(set.prompts.keys(), (i) => judgePrompt(set, i, settings), {
    atOnce: AT_ONCE,
    signal,
    onDone: (done) => onProgress({ done, total, unit: "prompts" }),
  });
  const draws = drawPrompts(set.prompts.length, settings.draws, randomFor("bootstrap", settings.seed));
  const orders = settings.judges.map(({ name }, j) => {
    const shares = judged.map((prompt) => itemAt(prompt.shares, j));
    return orderOf(name, shares, draws);
  });
  if (set.people) orders.unshift(orderOf("people", set.people, draws));
  if (!real) return orders;
  const features = judged.flatMap((prompt) => prompt.features ?? []);
  return [...orders, await frechetOrder(features, real, draws.slice(0, settings.real?.draws), signal)];
}

/** What is known of the images of one prompt. */
interface JudgedPrompt {
  /** In the order of the judges. */
  readonly shares: readonly WinShares[];
  /** [configurations, width]; null when the Fréchet distance is left out. */
  readonly features: Features | null;
}

/** Lets all judges look at the images of a prompt at the same time, because each of them has few threads. */
async function judgePrompt(set: PromptSet, i: number, { judges, real }: PromptSetSettings): Promise<JudgedPrompt> {
  const images = await set.images(i);
  const [features, ...shares] = await Promise.all([
    real?.reader.read(images),
    ...judges.map(async (judge) => sharesOfScores(await scoresOf(judge, itemAt(set.prompts, i), images), judge.threshold)),
  ]);
  return { shares, features: features ?? null };
}

async function scoresOf({ name, scorer }: SetJudge, prompt: string, images: readonly ImageSource[]): Promise<number[]> {
  const results = await scorer.scorePairs(images.map((image) => ({ prompt, image })));
  return results.map((result, i) => scoreOf(result, name, itemAt(images, i)));
}

function scoreOf(result: ImageScore, judge: string, image: ImageSource): number {
  if ("score" in result && Number.isFinite(result.score)) return result.score;
  const reason = "message" in result ? result.message : `the score is ${result.score}`;
  throw new ExperimentError("PICKAPIC_CLI_NO_SCORE", judge, typeof image === "string" ? image : "in memory", reason);
}

/** The order by minus the Fréchet distance of each configuration's images to the real ones. @param features one for each prompt, [configurations, width] */
async function frechetOrder(
  features: readonly Features[],
  real: Features,
  draws: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Order> {
  const closeness = async (prompts: readonly number[]) => {
    const values: number[] = [];
    for (let i = 0; i < itemAt(features, 0).count; i++) values.push(-(await frechetDistance(rowsOf(features, prompts, i), real)));
    signal.throwIfAborted();
    return values;
  };
  const drawn: number[][] = [];
  for (const prompts of draws) drawn.push(await closeness(prompts));
  return { name: FRECHET, values: await closeness([...features.keys()]), drawn };
}

/** The features of one configuration's images of these prompts. */
function rowsOf(features: readonly Features[], prompts: readonly number[], configuration: number): Features {
  const { width } = itemAt(features, 0);
  const values = new Float32Array(prompts.length * width);
  for (const [row, prompt] of prompts.entries()) {
    const from = configuration * width;
    values.set(itemAt(features, prompt).values.subarray(from, from + width), row * width);
  }
  return { values, count: prompts.length, width };
}

function reportOf(
  measured: readonly { set: PromptSet; orders: Order[] }[],
  { configurations, truth, draws, seed, judges, contrasts = [] }: PromptSetSettings,
): PromptSetReport {
  const real: Order | null = truth && { name: "real use", values: truth, drawn: null };
  const [first, ...others] = measured;
  const random = randomFor("true orders", seed);
  const by = (set: PromptSet): OrderSettings => ({ prompts: set.prompts.length, random });
  const find = (orders: readonly Order[] | undefined, name: string) => orders?.find((order) => order.name === name);
  const comparisons = (first?.orders ?? []).flatMap((order) =>
    others.flatMap(({ set, orders }) => {
      const other = find(orders, order.name);
      if (!real || !other || !first) return [];
      const gained = difference(correlationOf(order, real, by(first.set)), correlationOf(other, real, by(set)));
      return [{ judge: order.name, first: first.set.name, second: set.name, difference: ofCorrelations(gained) }];
    }),
  );
  const againstDistance = measured.flatMap(({ set, orders }) => {
    const [people, distance] = [find(orders, "people"), find(orders, FRECHET)];
    if (!people || !distance) return [];
    return judges.flatMap(({ name }) => {
      const order = find(orders, name);
      if (!order) return [];
      const gained = correlationLead(order, distance, people, by(set));
      return [{ judge: name, set: set.name, difference: ofCorrelations(gained) }];
    });
  });
  return {
    configurations: [...configurations],
    truth: truth && [...truth],
    sets: measured.map(({ set, orders }) => ({
      name: set.name,
      prompts: set.prompts.length,
      judges: orders.map((order) => judgedSet(order, { people: find(orders, "people") ?? null, real, contrasts, by: by(set) })),
    })),
    comparisons,
    againstDistance,
    protocol: `${configurations.length} configurations, one image for each prompt and configuration; win ratio: share of the other configurations that an image is preferred to, ties counted half; 95 % intervals: percentiles of ${draws} draws of prompts; of correlations the shortest of the true orders which these draws leave possible; seed ${seed}.`,
  };
}

interface Beside {
  people: Order | null;
  real: Order | null;
  contrasts: readonly Contrast[];
  by: OrderSettings;
}

function judgedSet(order: Order, { people, real, contrasts, by }: Beside): JudgedSet {
  const sign = order.name === FRECHET ? -1 : 1;
  const drawn = order.drawn ?? [];
  const sumOf = (weights: readonly number[], values: readonly number[]) =>
    weights.reduce((sum, weight, i) => sum + sign * weight * (values[i] ?? 0), 0);
  return {
    judge: order.name,
    unit: sign < 0 ? "distance" : "share",
    values: order.values.map((value, i) =>
      estimated({ value: sign * value, drawn: drawn.map((values) => sign * itemAt(values, i)) }),
    ),
    withPeople: people && people !== order ? ofCorrelations(correlationOf(order, people, by)) : null,
    withTruth: real && ofCorrelations(correlationOf(order, real, by)),
    contrasts: contrasts.map(({ name, weights }) => ({
      name,
      ...estimated({ value: sumOf(weights, order.values), drawn: drawn.map((values) => sumOf(weights, values)) }),
    })),
  };
}

function estimated({ value, drawn }: Drawn): Estimated {
  if (Number.isNaN(value)) return { value: null, interval: null, reason: "one side rates all configurations alike" };
  const interval = intervalOfDraws(drawn);
  return { value, interval, reason: interval === null ? "no interval: no draw has a value" : null };
}

/** A correlation, or a difference of two, with the shortest interval of the true ones, widened to the value where it lies outside. */
function ofCorrelations({ value, drawn }: Drawn): Estimated {
  if (Number.isNaN(value)) return { value: null, interval: null, reason: "one side rates all configurations alike" };
  if (drawn.length === 0)
    return { value, interval: null, reason: "no interval: prompts were not drawn, or there are too few configurations" };
  const [low, high] = shortestInterval(Float64Array.from(drawn).sort(), 0.95);
  return { value, interval: [Math.min(value, low), Math.max(value, high)], reason: null };
}
