/**
 * @file Which prompts rank text-to-image models as people do (section 6 of the paper): the same configurations on several sets of prompts, by people, by
 * scorers and by their Fréchet distance to real images.
 */
import { randomFor } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import { type Features, type Interval, intervalOfDraws, shortestInterval } from "@pickapic/evaluation";
import type { ProgressReport } from "../../progress.ts";
import { countFailures, MOST_FAILED, type ScorerFailures } from "../failures.ts";
import { correlationLead, correlationOf, type Drawn, difference, type Order, type OrderSettings } from "../winShares.ts";
import type { Contrast, PromptSet, PromptSetEffects, PromptSetSettings } from "./promptSet.ts";
import { FRECHET, ordersOf, type SetOrders } from "./promptSetOrders.ts";

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
  /** Spearman's correlation with people on the same prompts; null for people themselves, and when no people were asked. */
  withPeople: Estimated | null;
  /** Spearman's correlation with what people say in real use; null when that is not known. */
  withTruth: Estimated | null;
  /** The contrasts that were asked for, of `values`. */
  contrasts: (Estimated & { name: string })[];
}

/** One set with everything that was measured on it. */
export interface MeasuredSet {
  name: string;
  /** Prompts that were measured. */
  prompts: number;
  /** Prompts that were left out, because an image of theirs has no score. */
  leftOut: number;
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
  /** Images without a score, one entry for each scorer that failed. */
  failures: ScorerFailures[];
  protocol: string;
}

/**
 * Measures every set with every judge. A prompt with an image without a score is left out for all judges, and such images are counted.
 * @throws ExperimentError PICKAPIC_CLI_SCORES_MISSING when more than `mostFailed` of the prompts of a set would be left out
 */
export async function measurePromptSets(
  sets: readonly PromptSet[],
  settings: PromptSetSettings,
  effects: PromptSetEffects,
): Promise<PromptSetReport> {
  const real = settings.real && (await settings.real.reader.read(settings.real.images, { signal: effects.signal }));
  const total = sets.reduce((sum, { prompts }) => sum + prompts.length, 0);
  const failures = countFailures(settings.mostFailed ?? MOST_FAILED, total, {
    unit: "prompts",
    images: settings.configurations.length,
  });
  const measured: SetMeasurement[] = [];
  let before = 0;
  for (const set of sets) {
    const from = before;
    const onProgress = (report: ProgressReport) =>
      effects.onProgress(report.unit === "prompts" ? { ...report, done: from + report.done, total } : report);
    const { orders, prompts } = await ordersOf(set, settings, real, { ...effects, onProgress, onFailure: failures.onFailure });
    failures.check(set.name, set.prompts.length, prompts);
    measured.push({ set, orders, prompts });
    before += set.prompts.length;
  }
  return { ...reportOf(measured, settings, real), failures: failures.summary() };
}

interface SetMeasurement extends SetOrders {
  set: PromptSet;
}

const NO_INTERVALS =
  " Fréchet distances are given without an interval, which takes as long as many distances: `pickapic evaluate distance` gives one.";

/** What the protocol says of the intervals of Fréchet distances. With few prompts for each feature they held the truth in 97 to 99 of 100 (docs/mathematics.md). */
const toFirstOrder = (fewest: number, { width }: Features): string =>
  `, of Fréchet distances to first order, by the influence of each prompt${fewest >= 4 * width ? "" : " (conservative, because there are fewer than four prompts for each feature)"}`;

function reportOf(
  measured: readonly SetMeasurement[],
  { configurations, truth, draws, seed, judges, contrasts = [], real: reference }: PromptSetSettings,
  features: Features | null,
): Omit<PromptSetReport, "failures"> {
  const real: Order | null = truth && { name: "real use", values: truth, drawn: null };
  const [first, ...others] = measured;
  const random = randomFor("true orders", seed);
  const by = ({ prompts }: Pick<SetMeasurement, "prompts">): OrderSettings => ({ prompts, random });
  const find = (orders: readonly Order[] | undefined, name: string) => orders?.find((order) => order.name === name);
  const comparisons = (first?.orders ?? []).flatMap((order) =>
    others.flatMap(({ set, orders, prompts }) => {
      const other = find(orders, order.name);
      if (!real || !other || !first) return [];
      const gained = difference(correlationOf(order, real, by(first)), correlationOf(other, real, by({ prompts })));
      return [{ judge: order.name, first: first.set.name, second: set.name, difference: ofCorrelations(gained) }];
    }),
  );
  const againstDistance = measured.flatMap(({ set, orders, prompts }) => {
    const [people, distance] = [find(orders, "people"), find(orders, FRECHET)];
    if (!people || !distance) return [];
    return judges.flatMap(({ name }) => {
      const order = find(orders, name);
      if (!order) return [];
      const gained = correlationLead(order, distance, people, by({ prompts }));
      return [{ judge: name, set: set.name, difference: ofCorrelations(gained) }];
    });
  });
  const fewest = Math.min(...measured.map(({ prompts }) => prompts));
  const distances = features && reference?.intervals ? toFirstOrder(fewest, features) : "";
  return {
    configurations: [...configurations],
    truth: truth && [...truth],
    sets: measured.map(({ set, orders, prompts }) => ({
      name: set.name,
      prompts,
      leftOut: set.prompts.length - prompts,
      judges: orders.map((order) =>
        judgedSet(order, { people: find(orders, "people") ?? null, real, contrasts, by: by({ prompts }) }),
      ),
    })),
    comparisons,
    againstDistance,
    protocol: `${configurations.length} configurations, one image for each prompt and configuration; win ratio: share of the other configurations that an image is preferred to, ties counted half; 95 % intervals: percentiles of ${draws} draws of prompts${distances}; of correlations the shortest of the true orders which these draws leave possible; seed ${seed}.${reference && !reference.intervals ? NO_INTERVALS : ""}`,
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
      estimated({ value: sign * value, drawn: drawn.map((values) => Math.max(0, sign * itemAt(values, i))) }),
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
export function ofCorrelations({ value, drawn }: Drawn): Estimated {
  if (Number.isNaN(value)) return { value: null, interval: null, reason: "one side rates all configurations alike" };
  if (drawn.length === 0)
    return { value, interval: null, reason: "no interval: prompts were not drawn, or there are too few configurations" };
  const [low, high] = shortestInterval(Float64Array.from(drawn).sort(), 0.95);
  return { value, interval: [Math.min(value, low), Math.max(value, high)], reason: null };
}
