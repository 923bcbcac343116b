/** @file What "auto" chooses: what is trained, for how many steps, at which rate, and what chooses the best step. Pure; the rule is in docs/mathematics.md. */
import type { RealDevice } from "@pickapic/graph";
import { type AskedSettings, CHOSEN, type Chosen, type TrainSettings } from "./settings.ts";
import { isFrozenBottom, parseTrainedPart, type TrainedPart, trainedPartText } from "./trainedPart.ts";

/** What the rule looks at. */
export interface RecipeFacts {
  /** Pairs to learn from, those with a winner among them, and their prompts. */
  pairs: number;
  winners: number;
  prompts: number;
  /** Pairs of the split validation; 0 where there is none. */
  validationPairs: number;
  /** Numbers in the model. */
  parameters: number;
  /** Numbers that the projection of images reads. */
  imageWidth: number;
  device: RealDevice;
}

export interface Recipe {
  /** All settings, every choice made. */
  settings: TrainSettings;
  /** The settings that the rule has chosen. */
  chosen: Chosen[];
  /** What was chosen and why, in one sentence; null when every setting was given. */
  reason: string | null;
}

/** From so many pairs with a winner on, more than the head of a small model is worth training (docs/log.md). */
const MANY_WINNERS = 8_000;
/** Parameters of a model that a device trains whole within an hour; others get low-rank additions. */
const SMALL_MODEL: Readonly<Record<RealDevice, number>> = { cpu: 20e6, webgpu: 200e6, coreml: 200e6, dml: 200e6, cuda: 500e6 };
/** The rule's rates are measured at this width of the image tower. */
const MEASURED_WIDTH = 128;
/** Below so many pairs with a winner nothing certain can be learned. */
export const FEW_WINNERS = 30;

/** Fills in what is "auto"; all else stays as it was asked for. */
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

/** A head: 5 sqrt(pairs), for the fewer pairs the more often each; else every pair twice. */
function stepsFor(trainedPart: TrainedPart, batchPairs: number, { pairs }: RecipeFacts): number {
  const steps = isFrozenBottom(trainedPart) ? 5 * Math.sqrt(pairs) : (2 * pairs) / batchPairs;
  return Math.max(20, Math.min(isFrozenBottom(trainedPart) ? 600 : 4000, 10 * Math.round(steps / 10)));
}

/** The larger what is trained, the smaller its rate: a head by the numbers that each of its outputs adds up, a model by its parameters. */
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
