/** @file The rule behind settings that are "auto": trained part, steps, learning rate, and how the best step is chosen. docs/mathematics.md explains it. */
import type { RealDevice } from "@pickapic/graph";
import { type AskedSettings, CHOSEN, type Chosen, type TrainSettings } from "./settings.ts";
import { isFrozenBottom, parseTrainedPart, type TrainedPart, trainedPartText } from "./trainedPart.ts";

/** The facts that the rule depends on. */
export interface RecipeFacts {
  /** Training pairs, how many of them have a winner, and how many different prompts they have. */
  pairs: number;
  winners: number;
  prompts: number;
  /** Pairs of the split `validation`; 0 when the dataset has no such split. */
  validationPairs: number;
  /** Parameters of the whole model. */
  parameters: number;
  /** Width of the vectors that the projection of images reads. */
  imageWidth: number;
  device: RealDevice;
}

/** The settings of a run after the rule has chosen. */
export interface Recipe {
  /** All settings, every choice made. */
  settings: TrainSettings;
  /** The settings that the rule has chosen. */
  chosen: Chosen[];
  /** One sentence with the choice and its reason; null when no setting was "auto". */
  reason: string | null;
}

/** Pairs with a winner from which on training more than the projection of images is better, as measured in docs/log.md. */
const MANY_WINNERS = 3_500;
/** Most parameters of a model that a device trains as a whole within an hour. Larger models get low-rank additions. */
const SMALL_MODEL: Readonly<Record<RealDevice, number>> = { cpu: 20e6, webgpu: 200e6, coreml: 200e6, dml: 200e6, cuda: 500e6 };
/** The width of the image tower for which the learning rates of the rule were measured. */
const MEASURED_WIDTH = 128;
/** With fewer pairs with a winner than this, no result of training is certain, and no share of them is shown. */
export const FEW_WINNERS = 30;

/** Chooses a value for every setting that is "auto" and leaves the others unchanged. */
export function chooseRecipe(asked: AskedSettings, facts: RecipeFacts): Recipe {
  const chosen = CHOSEN.filter((name) => asked[name] === "auto");
  const trainedPart = parseTrainedPart(asked.train) ?? partFor(facts);
  const batchPairs = given(asked.batchPairs) ?? batchFor(facts);
  const steps = given(asked.steps) ?? stepsFor(trainedPart, batchPairs, facts);
  const settings: TrainSettings = {
    ...asked,
    train: trainedPartText(trainedPart),
    batchPairs,
    steps,
    learningRate: given(asked.learningRate) ?? rateFor(trainedPart, facts),
    warmupSteps: given(asked.warmupSteps) ?? Math.min(isFrozenBottom(trainedPart) ? 20 : 500, Math.ceil(steps / 5)),
    validateEvery: given(asked.validateEvery) ?? Math.max(1, Math.round(steps / (isFrozenBottom(trainedPart) ? 10 : 3))),
    validationSplit: given(asked.validationSplit) ?? splitFor(trainedPart, facts),
  };
  return { settings, chosen, reason: chosen.length > 0 ? reasonOf(settings, chosen, facts) : null };
}

const given = <T>(value: T | "auto"): T | null => (value === "auto" ? null : value);

function partFor({ winners, parameters, device }: RecipeFacts): TrainedPart {
  if (winners < MANY_WINNERS) return { kind: "image-head" };
  return parameters <= SMALL_MODEL[device] ? { kind: "all" } : { kind: "lora", rank: 8 };
}

const batchFor = ({ pairs }: RecipeFacts): number => (pairs < 128 ? 32 : 64);

/**
 * Optimizer steps: 5 sqrt(pairs), 20...600, when only upper layers or a head are trained, so that with fewer pairs each is seen more often; else two
 * epochs, 20...4000.
 */
function stepsFor(trainedPart: TrainedPart, batchPairs: number, { pairs }: RecipeFacts): number {
  const steps = isFrozenBottom(trainedPart) ? 5 * Math.sqrt(pairs) : (2 * pairs) / batchPairs;
  return Math.max(20, Math.min(isFrozenBottom(trainedPart) ? 600 : 4000, 10 * Math.round(steps / 10)));
}

/** The learning rate: smaller the wider the input of a trained head is, and the more parameters a trained model has. */
function rateFor({ kind }: TrainedPart, { imageWidth, parameters }: RecipeFacts): number {
  if (kind === "image-head") return twoDigits((1e-3 * MEASURED_WIDTH) / imageWidth);
  if (kind === "head") return twoDigits((3e-4 * MEASURED_WIDTH) / imageWidth);
  // From 2e-4 for the 1.75 million parameters of clip-toy to the paper's 3e-6 for the 986 million of ViT-H/14.
  const ofModel = 3e-6 * (986e6 / parameters) ** (2 / 3);
  return twoDigits(kind === "lora" ? Math.min(1e-3, 10 * ofModel) : Math.min(3e-4, ofModel));
}

const twoDigits = (rate: number): number => Number(rate.toPrecision(2));

function splitFor(
  trainedPart: TrainedPart,
  { winners, prompts, validationPairs }: RecipeFacts,
): TrainSettings["validationSplit"] {
  if (isFrozenBottom(trainedPart) && winners > 0 && prompts >= 2) return "cross-fitted";
  return validationPairs > 0 ? "validation" : "validation_unique";
}

function reasonOf(settings: TrainSettings, chosen: readonly Chosen[], facts: RecipeFacts): string {
  const { train, steps, batchPairs, learningRate, validationSplit } = settings;
  const what = chosen.includes("train") ? `--train auto chose ${train}, ` : `--train ${train} with `;
  const by = validationSplit === "cross-fitted" ? "cross-fitting over prompts" : `the split ${validationSplit}`;
  const size = facts.parameters >= 1e8 ? 0 : 1;
  return (
    `${what}${steps} steps of ${batchPairs} pairs at a learning rate of ${learningRate}, the best step chosen by ${by}: ` +
    `for ${count(facts.pairs, "pair")} (${count(facts.winners, "winner")}, ${count(facts.prompts, "prompt")}), a model of ` +
    `${(facts.parameters / 1e6).toFixed(size)} million parameters and ${facts.device}.`
  );
}

const count = (n: number, word: string): string => `${n.toLocaleString("en-US")} ${word}${n === 1 ? "" : "s"}`;
