/** @file A PickScore run while it is under way: what it reads, what it trains, and the sessions that do it. */
import { parameterShapes } from "@pickapic/clip";
import { sizeOf } from "@pickapic/graph";
import { type Checksums, weightChecksums } from "../data/checksums.ts";
import { countChoices, datasetExamples, type ExampleSource } from "../data/examples.ts";
import { createPixelCache, type PixelCache } from "../data/pixelCache.ts";
import { createTokenCache, type TokenCache } from "../data/tokens.ts";
import { PickScoreError } from "../errors.ts";
import { createEmbedder, type Embedder } from "../model/embedder.ts";
import { modelOf, type TrainModel } from "../model/model.ts";
import { checkPart, layerRate } from "../model/parts.ts";
import { hasFrozenBottom, openTraining, type Training } from "../model/training.ts";
import { describePlan, type MemoryPlan, planMemory } from "../resources/memoryPlan.ts";
import { findPlace, isOrdinary, type Place } from "../resources/place.ts";
import { keepMetricsUpTo, NOTHING } from "../run/metrics.ts";
import { loadRun, openFolder, type RunRecord, runFiles } from "../run/runFolder.ts";
import { assertSameRun } from "../run/sameRun.ts";
import { readValidation } from "../run/validation.ts";
import { openModel } from "../score/models.ts";
import { parseMemory } from "../settings/memorySize.ts";
import { chooseRecipe, FEW_WINNERS, type RecipeFacts } from "../settings/recipe.ts";
import type { AskedSettings, TrainSettings } from "../settings/settings.ts";
import { isFrozenBottom, parsePart } from "../settings/trainedPart.ts";
import { type DeviceStepper, openDeviceStepper } from "../steps/deviceStepper.ts";
import { openStepper, type Stepper } from "../steps/stepper.ts";
import type { CrossFit } from "./crossFit.ts";
import { closeStates, freezeTowers } from "./frozenTowers.ts";
import type { LoopEffects } from "./loop.ts";
import { type LoadedSplits, loadSplits, promptsToLearn } from "./splits.ts";

/** What training takes from outside; all have real defaults. */
export interface TrainEffects extends Partial<LoopEffects> {
  /** Go on with the run that is in `out`. */
  resume?: boolean;
  /** Instead of the dataset folder of the settings. */
  examples?: ExampleSource;
  /** Called with sentences for a person: what was chosen, why the run ended early. */
  onNote?: (sentence: string) => void;
  /** Bytes of memory that the machine has. */
  machineMemory?: () => number;
}

export interface Run extends LoadedSplits {
  settings: TrainSettings;
  source: ExampleSource;
  files: { dataset?: Checksums; init: Checksums };
  plan: MemoryPlan;
  place: Place;
  training: Training;
  stepper: Stepper;
  tokens: TokenCache;
  pixels: PixelCache;
  embedder: Embedder;
  /** Probability of each validation pair by the starting model; null until it is known. */
  before: readonly number[] | null;
  best: RunRecord["best"];
  recipe: RunRecord["recipe"];
  /** null until it is done, and where a validation split chooses the step. */
  crossFit: CrossFit | null;
  /** The last accuracy of the pairs that choose the step, 0...1. */
  last: number | null;
}

/**
 * Opens a new run, or one that goes on from `found`.
 * @param asked all settings; those of a run that goes on are its own, none of them "auto"
 * @param given what was given of them now
 */
export async function openRun(
  asked: AskedSettings,
  found: RunRecord | null,
  given: Readonly<Partial<AskedSettings>>,
  effects: TrainEffects,
): Promise<Run> {
  const checkpoint = await openModel(asked.init, { processor: asked.processor });
  const source = effects.examples ?? (await datasetExamples(asked.dataset));
  const model = modelOf(checkpoint);
  const files = { ...(source.checksums && { dataset: await source.checksums() }), init: await weightChecksums(checkpoint) };
  if (found) await assertSameRun(asked.out, found, given, files);
  const place = await findPlace(asked, found?.place, effects);
  const { settings, recipe } = found ? { settings: asked as TrainSettings, recipe: found.recipe } : await decide();
  const plan = planOf(settings, model, found, place, effects);
  await openFolder(settings.out);
  await keepMetricsUpTo(runFiles(settings.out).metrics, found ? found.step : NOTHING);
  const pixels = pixelCacheFor(settings, model, plan);
  try {
    const splits = await loadSplits(settings, source, model, pixels, effects);
    const training = await openTraining(parsePart(settings.train), model, checkpoint, settings.seed);
    if (found) await loadRun(settings.out, found, training);
    const run = await openSessions({ settings, files, plan, place, training, pixels, ...splits }, effects);
    const before = found ? ((await readValidation(settings.out))?.pairs.map((pair) => pair.before) ?? null) : null;
    return { ...run, source, recipe, before, best: found?.best ?? null, crossFit: found?.crossFit ?? null, last: null };
  } catch (error) {
    pixels.close();
    throw error;
  }

  /** What is "auto" by the rule; the choice is told. */
  async function decide(): Promise<Pick<Run, "settings" | "recipe">> {
    const facts = await recipeFacts(asked, source, model, place);
    const { settings, chosen, reason } = chooseRecipe(asked, facts);
    checkPart(parsePart(settings.train), model.config);
    checkCrossFitting(settings);
    if (facts.winners < FEW_WINNERS) effects.onNote?.(fewWinners(facts));
    if (reason === null) return { settings, recipe: undefined };
    if (chosen.includes("train")) effects.onNote?.(reason);
    return { settings, recipe: { chosen, reason } };
  }
}

const fewWinners = ({ winners, prompts }: RecipeFacts): string =>
  `There is too little to learn from: ${winners} pairs with a winner, of ${prompts} prompts; at least ${FEW_WINNERS} are needed, and some hundreds to see a difference. The run goes on, and no figure of it means anything: collect more answers.`;

async function recipeFacts(
  asked: Pick<TrainSettings, "share" | "seed">,
  source: ExampleSource,
  { config }: TrainModel,
  { device }: Place,
): Promise<RecipeFacts> {
  const counts = await countChoices(source, "train", await promptsToLearn(asked, source));
  const parameters = [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  return { ...counts, validationPairs: source.count("validation"), parameters, imageWidth: config.vision.hiddenSize, device };
}

/** @throws {PickScoreError} PICKAPIC_SETTING_INVALID where five more trainings would run the whole towers */
function checkCrossFitting({ validationSplit, train }: TrainSettings): void {
  if (validationSplit !== "cross-fitted" || isFrozenBottom(parsePart(train))) return;
  throw new PickScoreError(
    "PICKAPIC_SETTING_INVALID",
    `Training setting "validationSplit" can be cross-fitted only with "train" head, image-head or last:K, where the towers run once; got "train" ${train}: choose validation or validation_unique.`,
  );
}

type Parts = Pick<Run, "settings" | "files" | "plan" | "place" | "training" | "pixels" | "train" | "validation">;

async function openSessions(parts: Parts, effects: TrainEffects) {
  const { settings, plan, place, pixels, train, validation } = parts;
  const { model } = parts.training;
  const pairs = [...train, ...validation];
  const { threads } = settings;
  const tokens = createTokenCache(
    model.tokenizer,
    model.config,
    pairs.map(({ caption }) => caption),
  );
  const origin = JSON.stringify(parts.files.init);
  const freeze = { ...effects, folder: settings.out, origin, rows: plan.rows, threads, device: place.device };
  const states = hasFrozenBottom(parts.training) ? await freezeTowers(parts.training, pairs, tokens, pixels, freeze) : null;
  const training = { ...parts.training, states };
  const { stepper, open } = await openSteps(parts);
  const embedder = createEmbedder(training, tokens, pixels, { threads, rows: rowsOf(parts), keepMemory: !plan.lean, open });
  return { ...parts, training, tokens, embedder, stepper };
}

/** Rows of a run that embeds. A large model is not run on 32 rows for the sake of a few pairs. */
function rowsOf({ settings, plan, train, validation }: Parts): number {
  const pairs = Math.max(validation.length, settings.temperature === "fit" ? train.length : 0, 1);
  return plan.lean ? Math.min(plan.rows, 2 * pairs) : plan.rows;
}

/** The stepper of the place; `open` where graphs of the model are opened there, too. */
async function openSteps({
  settings,
  plan,
  place,
  training,
}: Parts): Promise<{ stepper: Stepper; open?: DeviceStepper["open"] }> {
  const { model, trained, state, frozen } = training;
  const steps = { ...settings, spin: true };
  const options = {
    ...(frozen.size > 0 && { frozen }),
    ...(settings.layerDecay < 1 && { rateOf: (name: string) => layerRate(name, settings.layerDecay, model.config) }),
  };
  if (!isOrdinary(place)) {
    const stepper = await openDeviceStepper(state, trained, steps, { ...options, ...place });
    return { stepper, open: stepper.open };
  }
  const stepper = await openStepper(state, trained, steps, {
    ...options,
    ...(plan.recompute && { recompute: model }),
    lean: plan.lean,
  });
  return { stepper };
}

export async function closeRun({ stepper, embedder, pixels, training }: Run): Promise<void> {
  await stepper.close();
  await embedder.close();
  closeStates(training.states);
  pixels.close();
}

/** A run that goes on keeps its plan: other micro-batches would give other roundings. */
function planOf(
  settings: TrainSettings,
  { config }: TrainModel,
  found: RunRecord | null,
  place: Place,
  effects: TrainEffects,
): MemoryPlan {
  // What a plan counts is the memory of the machine; elsewhere all activations are kept, and the device says when there is no room for them.
  const memory = isOrdinary(place) ? parseMemory(settings.memory, effects.machineMemory) : null;
  const part = parsePart(settings.train);
  // Runs of versions without plans were made the usual way.
  const plan = found ? (found.plan ?? planMemory(part, config, settings, null)) : planMemory(part, config, settings, memory);
  const isChosen = plan.lean || !["auto", "unlimited"].includes(settings.memory);
  if (isChosen) effects.onNote?.(describePlan(plan, memory));
  return plan;
}

function pixelCacheFor({ out }: TrainSettings, { config }: TrainModel, { pixelCacheMiB }: MemoryPlan): PixelCache {
  return createPixelCache(3 * config.vision.imageSize ** 2, pixelCacheMiB * 2 ** 20, runFiles(out).pixels);
}
