/** @file The paper in the toy world, step by step. A step that is finished is read from its file, so that a killed reproduction goes on. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openNamedScorers } from "@pickapic/pickscore/scorers";
import { ExperimentError } from "../errors.ts";
import { openFeatures } from "../measure/distances/features.ts";
import type { ProgressReport } from "../progress.ts";
import { type Finished, type Journal, keyOf, openJournal } from "./journal.ts";
import type { ReproduceSettings } from "./settings.ts";
import type { Engines, Folders, Results, StepContext, StepName } from "./steps/step.ts";
import { STEP_NAMES, STEPS } from "./steps.ts";

/** Changes whenever a step's result changes its form or its meaning, so that older files are made again. */
const FORMAT = 1;

/** What a reproduction needs from its caller. Aborting `signal` ends it with the signal's reason; the finished steps stay. */
export interface ReproduceEffects {
  signal: AbortSignal;
  /** A clock that never goes back, ms. */
  now: () => number;
  onProgress: (progress: StepProgress) => void;
  /** Default: the scorers and features of the program itself. */
  engines?: Engines;
}

const ENGINES: Engines = { openScorers: openNamedScorers, openFeatures };

/** How far a reproduction is. */
export interface StepProgress {
  step: StepName;
  title: string;
  /** The number of this step, from 1, and how many are made or read in all. */
  number: number;
  of: number;
  /** How far the step itself is. */
  report: ProgressReport;
  /** Expected remaining time of all steps, s. */
  leftSeconds: number;
}

/** Everything that a reproduction has measured so far. */
export interface Reproduction {
  settings: ReproduceSettings;
  /** The finished steps; with `only`, others may be missing. */
  results: Partial<Results>;
  /** Time of each finished step, in order, also when an earlier call made it. */
  steps: { step: StepName; title: string; seconds: number }[];
  /** Sum of the steps' times. */
  seconds: number;
}

/**
 * Makes every step that the settings ask for and that is not finished yet. The same settings give the same people, images and splits.
 * @param only make only these steps and those that they need; what else is finished is in the result as well
 * @throws ExperimentError PICKAPIC_REPRODUCE_STEP for a step that these settings leave out
 */
export async function reproduce(
  settings: ReproduceSettings,
  effects: ReproduceEffects,
  only: readonly StepName[] = [],
): Promise<Reproduction> {
  const wanted = STEP_NAMES.filter((name) => STEPS[name].isWanted(settings));
  for (const name of only)
    if (!wanted.includes(name)) throw new ExperimentError("PICKAPIC_REPRODUCE_STEP", name, wanted.join(", "));
  const made = only.length === 0 ? wanted : wanted.filter((name) => withNeeds(only).has(name));
  const run = await openRun(settings, effects, wanted, made);
  for (const name of made) await run.make(name);
  await rm(foldersOf(settings.out).pixels, { recursive: true, force: true });
  return run.read();
}

/** These steps and all that they need. */
function withNeeds(names: readonly StepName[]): Set<StepName> {
  const all = new Set(names);
  // A set grows while it is walked, so that needs of needs are found as well.
  for (const name of all) for (const needed of STEPS[name].needs) all.add(needed);
  return all;
}

/** The key of a step: it changes with every setting that its result depends on. */
function stepKey(name: StepName, settings: ReproduceSettings): string {
  const step = STEPS[name];
  const own = step.settings.map((setting) => [setting, settings[setting]]);
  return keyOf([FORMAT, name, settings.seed, own, step.needs.map((needed) => stepKey(needed, settings))]);
}

interface Run {
  /** Makes a step, unless it is finished. */
  make(name: StepName): Promise<void>;
  read(): Reproduction;
}

/** Opens a run and reads what is finished of the wanted steps. */
async function openRun(
  settings: ReproduceSettings,
  effects: ReproduceEffects,
  wanted: readonly StepName[],
  made: readonly StepName[],
): Promise<Run> {
  const folders = foldersOf(settings.out);
  const journal = openJournal(folders.steps);
  const results: Partial<Results> = {};
  const seconds = new Map<StepName, number>();
  const learn = <K extends StepName>(name: K, finished: Finished<Results[K]> | null) => {
    if (finished === null) return;
    results[name] = finished.result;
    seconds.set(name, finished.seconds);
  };
  for (const name of wanted) learn(name, await journal.read<Results[typeof name]>(name, stepKey(name, settings)));
  const estimate = openEstimate(
    settings,
    made.filter((name) => !seconds.has(name)),
    effects.now,
  );
  const make = async <K extends StepName>(name: K): Promise<void> => {
    if (seconds.has(name)) return;
    effects.signal.throwIfAborted();
    const key = stepKey(name, settings);
    const wasBegun = await journal.begin(name, key);
    const { title } = STEPS[name];
    estimate.begin(name);
    const onProgress = (report: ProgressReport) =>
      effects.onProgress({
        step: name,
        title,
        number: made.indexOf(name) + 1,
        of: made.length,
        report,
        leftSeconds: estimate.left(),
      });
    const started = effects.now();
    const { engines = ENGINES, signal } = effects;
    const shared = { settings, folders, wasBegun, signal, onProgress, ...engines };
    const context = { ...shared, result: resultIn(results), remember: memoryOf(journal, name, key, effects.now) };
    const result = await STEPS[name].run(context);
    learn(name, await journal.write<Results[K]>(name, key, { seconds: (effects.now() - started) / 1000, result }));
    estimate.end(name);
  };
  return { make, read: () => reproductionOf(settings, results, seconds) };
}

const foldersOf = (out: string): Folders => ({
  dataset: join(out, "dataset"),
  model: join(out, "model"),
  trainings: join(out, "trainings"),
  pixels: join(out, "pixels"),
  steps: join(out, "steps"),
});

const resultIn =
  (results: Partial<Results>): StepContext["result"] =>
  (step) => {
    const found = results[step];
    if (found === undefined) throw new Error(`reproduce: expected ${step} to be finished before the step that needs it`);
    return found;
  };

/** Stores pieces of the work of a step in files beside the result of the step, so that a killed step does not make them again. */
const memoryOf =
  (journal: Journal, step: StepName, key: string, now: () => number): StepContext["remember"] =>
  async <R>(name: string, work: () => Promise<R>): Promise<R> => {
    const file = `${step}-${name}`;
    const known = await journal.read<R>(file, key);
    if (known) return known.result;
    const started = now();
    const result = await work();
    return (await journal.write(file, key, { seconds: (now() - started) / 1000, result })).result;
  };

function reproductionOf(settings: ReproduceSettings, results: Partial<Results>, seconds: Map<StepName, number>): Reproduction {
  const steps = STEP_NAMES.flatMap((step) => {
    const spent = seconds.get(step);
    return spent === undefined ? [] : [{ step, title: STEPS[step].title, seconds: spent }];
  });
  return { settings, results, steps, seconds: steps.reduce((sum, step) => sum + step.seconds, 0) };
}

interface Estimate {
  begin(step: StepName): void;
  end(step: StepName): void;
  /** Expected remaining time, s. */
  left(): number;
}

/** Estimates the remaining time: the expected time of the steps that are left, times how much slower than expected the finished ones were. */
function openEstimate(settings: ReproduceSettings, steps: readonly StepName[], now: () => number): Estimate {
  const left = new Map(steps.map((name) => [name, STEPS[name].cost(settings)]));
  let [expected, spent, begun] = [0, 0, now()];
  let current: StepName | null = null;
  return {
    begin(step) {
      current = step;
      begun = now();
    },
    end(step) {
      expected += left.get(step) ?? 0;
      spent += (now() - begun) / 1000;
      left.delete(step);
      begun = now();
    },
    left() {
      const pace = expected > 0 ? spent / expected : 1;
      const since = (now() - begun) / 1000;
      // A step that takes longer than expected has no time left; it must not lower the time of the other steps.
      return [...left].reduce((sum, [step, cost]) => sum + Math.max(0, pace * cost - (step === current ? since : 0)), 0);
    },
  };
}
