/** @file A PickScore run in this process: its data, its parameters, and the sessions that compute its steps. */
import { parameterShapes } from "@pickapic/clip";
import { sizeOf } from "@pickapic/graph";
import { type Checksums, weightChecksums } from "../data/checksums.ts";
import { countChoices, datasetExamples, type ExampleSource } from "../data/examples.ts";
import { createPixelCache, type PixelSource } from "../data/pixelCache.ts";
import { openSharedPixels } from "../data/sharedPixels.ts";
import { createTokenCache, type TokenCache } from "../data/tokens.ts";
import { createEmbedder, type Embedder } from "../model/embedder.ts";
import { modelOf, type TrainModel } from "../model/model.ts";
import { checkTrainedPart, layerRate } from "../model/trainedParameters.ts";
import { openTraining, type Training } from "../model/training.ts";
import { chooseExecution, type Execution, isOrdinary } from "../resources/execution.ts";
import { describePlan, type MemoryPlan, planMemory } from "../resources/memoryPlan.ts";
import type { CrossFit, RunRecord } from "../run/record.ts";
import type { RunFolder } from "../run/runFolder.ts";
import { openModel } from "../score/models.ts";
import { chooseRecipe, FEW_WINNERS, type RecipeFacts } from "../settings/recipe.ts";
import { type ResolvedTraining, resolveTraining } from "../settings/resolvedTraining.ts";
import { type AskedSettings, hasEveryChoice, type TrainSettings } from "../settings/settings.ts";
import { isFrozenBottom } from "../settings/trainedPart.ts";
import { type DeviceStepper, openDeviceStepper } from "../steps/deviceStepper.ts";
import { openStepper, type Stepper } from "../steps/stepper.ts";
import { closeStates, freezeTowers } from "./frozenTowers.ts";
import type { LoopEffects } from "./loop.ts";
import { type LoadedSplits, loadSplits, promptsToLearn } from "./splits.ts";

/** Options of a training that do not belong to its settings. Every one has a default. */
export interface TrainEffects extends Partial<LoopEffects> {
  /** Whether to resume the run in the folder `out`. */
  resume?: boolean;
  /** Examples that are read instead of those in the dataset folder of the settings. */
  examples?: ExampleSource;
  /**
   * A file of prepared pixels for several trainings on one dataset: the first training writes it, the others read it instead of decoding the images
   * again, and the caller removes it. It is as large as all images of the model's size, and changes no number. Examples in memory do not use it.
   */
  sharedPixels?: string;
  /** Receives sentences for the user, for example which settings were chosen or why the run ended early. */
  onNote?: (sentence: string) => void;
  /** Gives the bytes of memory of the machine. */
  machineMemory?: () => number;
}

/** A run that this process trains. Disposing of it closes its sessions, threads and files, but not the run folder: the caller that opened it does. */
export interface ActiveRun extends LoadedSplits, ResolvedTraining, AsyncDisposable {
  folder: RunFolder;
  source: ExampleSource;
  checksums: { dataset?: Checksums; init: Checksums };
  plan: MemoryPlan;
  execution: Execution;
  training: Training;
  stepper: Stepper;
  tokens: TokenCache;
  pixels: PixelSource;
  embedder: Embedder;
  /** Probability of each validation pair by the starting model; null until it is known. */
  before: readonly number[] | null;
  best: RunRecord["best"];
  recipe: RunRecord["recipe"];
  /** null before cross-fitting, and always when a validation split chooses the step. */
  crossFit: CrossFit | null;
  /** The latest accuracy 0...1 on the pairs that choose the step, and how many pairs with a winner they are; null before the first. */
  last: { accuracy: number; pairs: number } | null;
}

/** What the sessions of a run are opened with. */
type Prepared = Pick<ActiveRun, "settings" | "plan" | "execution" | "training" | "pixels" | "train" | "validation" | "folder"> & {
  /** Identifies the starting model, so that stored outputs of its frozen layers are used for no other. */
  origin: string;
};

/**
 * Opens a new run, or resumes `folder.found`.
 * @param asked all settings; those of a resumed run are the recorded ones, without "auto"
 * @param given only the settings that the caller gave now; a resumed run compares them with its own
 */
export async function openRun(
  folder: RunFolder,
  asked: AskedSettings,
  given: Readonly<Partial<AskedSettings>>,
  effects: TrainEffects,
): Promise<ActiveRun> {
  const { found } = folder;
  const checkpoint = await openModel(asked.init, { processor: asked.processor });
  const source = effects.examples ?? (await datasetExamples(asked.dataset));
  const model = modelOf(checkpoint);
  const checksums = { ...(source.checksums && { dataset: await source.checksums() }), init: await weightChecksums(checkpoint) };
  await folder.assertSame(given, checksums);
  const execution = await chooseExecution(asked, found?.execution, effects);
  const { recipe, ...resolved } = await decide({ asked, source, model, execution, found }, effects);
  const { settings, trainedPart } = resolved;
  const plan = planOf(resolved, model, found, execution, effects);
  await folder.begin();
  await using opened = new AsyncDisposableStack();
  const { pixels, splits } = await loadPixels({ settings, source, model, plan, folder, checksums }, effects, opened);
  const training = await openTraining(trainedPart, model, checkpoint, settings.seed);
  if (found) await folder.loadState(training.state);
  const origin = JSON.stringify(checksums.init);
  const sessions = await openSessions(
    { settings, plan, execution, training, pixels, folder, origin, ...splits },
    effects,
    opened,
  );
  const before = found ? ((await folder.readValidation())?.pairs.map((pair) => pair.before) ?? null) : null;
  const release = opened.move();
  return {
    ...{ folder, source, checksums, plan, execution, pixels, recipe, before, last: null },
    ...{ best: found?.best ?? null, crossFit: found?.crossFit ?? null },
    ...resolved,
    ...splits,
    ...sessions,
    [Symbol.asyncDispose]: () => release.disposeAsync(),
  };
}

/** What the rule for "auto" needs to know. */
interface Question {
  asked: AskedSettings;
  source: ExampleSource;
  model: TrainModel;
  execution: Execution;
  found: RunRecord | null;
}

/** Chooses all settings that are "auto" and notes the choice. A resumed run keeps the choices it has recorded. */
async function decide(
  { asked, source, model, execution, found }: Question,
  { onNote, machineMemory }: TrainEffects,
): Promise<ResolvedTraining & Pick<ActiveRun, "recipe">> {
  if (found && hasEveryChoice(asked)) return { ...resolveTraining(asked, machineMemory), recipe: found.recipe };
  const facts = await recipeFacts(asked, source, model, execution);
  const { settings, chosen, reason } = chooseRecipe(asked, facts);
  const resolved = resolveTraining(settings, machineMemory);
  checkTrainedPart(resolved.trainedPart, model.config);
  if (facts.winners < FEW_WINNERS) onNote?.(fewWinners(facts));
  if (reason !== null && chosen.includes("train")) onNote?.(reason);
  return { ...resolved, recipe: reason === null ? undefined : { chosen, reason } };
}

const fewWinners = ({ winners, prompts }: RecipeFacts): string =>
  `There is too little to learn from: ${winners} pairs with a winner, of ${prompts} prompts; at least ${FEW_WINNERS} are needed, and some hundreds to see a difference. The run goes on, and no figure of it means anything: collect more answers.`;

async function recipeFacts(
  asked: Pick<TrainSettings, "share" | "seed">,
  source: ExampleSource,
  { config }: TrainModel,
  { device }: Execution,
): Promise<RecipeFacts> {
  const counts = await countChoices(source, "train", await promptsToLearn(asked, source));
  const parameters = [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  return { ...counts, validationPairs: source.count("validation"), parameters, imageWidth: config.vision.hiddenSize, device };
}

/** Opens tokens, embedder and stepper of a run, and runs frozen layers once. Disposing of `opened` closes all of them. */
async function openSessions(prepared: Prepared, effects: TrainEffects, opened: AsyncDisposableStack) {
  const { settings, plan, execution, pixels, train, validation, folder, origin } = prepared;
  const { model, trainedPart } = prepared.training;
  const pairs = [...train, ...validation];
  const { threads } = settings;
  const tokens = createTokenCache(
    model.tokenizer,
    model.config,
    pairs.map(({ caption }) => caption),
  );
  const freeze = { ...effects, files: folder.files, origin, rows: plan.rows, threads, device: execution.device };
  const states = isFrozenBottom(trainedPart) ? await freezeTowers(prepared.training, pairs, tokens, pixels, freeze) : null;
  opened.defer(() => closeStates(states));
  const training = { ...prepared.training, states };
  const { stepper, open } = await openSteps(prepared);
  opened.defer(() => stepper.close());
  const embedder = createEmbedder(training, tokens, pixels, { threads, rows: rowsOf(prepared), open });
  opened.defer(() => embedder.close());
  return { training, tokens, embedder, stepper };
}

/** Texts or images per embedding run. With a lean plan no more than there are to embed, because padding a large model's batch is slow. */
function rowsOf({ settings, plan, train, validation }: Prepared): number {
  const pairs = Math.max(validation.length, settings.temperature === "fit" ? train.length : 0, 1);
  return plan.lean ? Math.min(plan.rows, 2 * pairs) : plan.rows;
}

/** Opens the stepper of the run's device. `open` is given when validation runs on that device as well. */
async function openSteps(prepared: Prepared): Promise<{ stepper: Stepper; open?: DeviceStepper["open"] }> {
  const { settings, plan, execution, training } = prepared;
  const { model, trained, state, frozen } = training;
  const steps = { ...settings, spin: true };
  const options = {
    ...(frozen.size > 0 && { frozen }),
    ...(settings.layerDecay < 1 && { rateOf: (name: string) => layerRate(name, settings.layerDecay, model.config) }),
  };
  if (!isOrdinary(execution)) {
    const stepper = await openDeviceStepper(state, trained, steps, { ...options, ...execution });
    return { stepper, open: stepper.open };
  }
  const stepper = await openStepper(state, trained, steps, {
    ...options,
    ...(plan.recompute && { recompute: model }),
    lean: plan.lean,
  });
  return { stepper };
}

/** The memory plan of a run. A resumed run keeps its plan, because other micro-batches would round differently. */
function planOf(
  { settings, trainedPart, memoryBytes }: ResolvedTraining,
  { config }: TrainModel,
  found: RunRecord | null,
  execution: Execution,
  { onNote }: TrainEffects,
): MemoryPlan {
  // A plan limits the memory of the machine only. A graphics card keeps all activations, and its own error says when they do not fit.
  const bytes = isOrdinary(execution) ? memoryBytes : null;
  // A run without a recorded plan is from a version that had none and used no memory limit.
  const plan = found?.plan ?? planMemory(trainedPart, config, settings, found ? null : bytes);
  if (plan.lean || !["auto", "unlimited"].includes(settings.memory)) onNote?.(describePlan(plan, bytes));
  return plan;
}

/** Reads the splits and prepares the images that no file has yet. Disposing of `opened` closes the pixels. */
async function loadPixels(
  {
    settings,
    source,
    model,
    plan,
    folder,
    checksums,
  }: Pick<ActiveRun, "settings" | "source" | "plan" | "folder" | "checksums"> & { model: TrainModel },
  effects: TrainEffects,
  opened: AsyncDisposableStack,
): Promise<{ pixels: PixelSource; splits: LoadedSplits }> {
  const { imageSize } = model.config.vision;
  const bytes = 3 * imageSize ** 2;
  if (effects.sharedPixels === undefined || !checksums.dataset) {
    const cache = createPixelCache(bytes, plan.pixelCacheMiB * 2 ** 20, folder.files.pixels);
    opened.defer(() => cache.close());
    return { pixels: cache, splits: await loadSplits(settings, source, model, cache, effects) };
  }
  const preparation = [checksums.dataset, settings.pixels, model.processor, imageSize];
  const shared = opened.adopt(await openSharedPixels(effects.sharedPixels, preparation, bytes), (each) => each.close());
  const splits = await loadSplits(settings, source, model, shared, effects);
  await shared.keep();
  return { pixels: shared, splits };
}
