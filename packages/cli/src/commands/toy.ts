/** @file `pickapic toy pretrain` and `pickapic toy pickscore`: make the two models that ship, from nothing but the toy world. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { mulberry32, type Random } from "@pickapic/chance";
import { writeWholeFile } from "@pickapic/disk";
import type { GenerationRequest } from "@pickapic/generation";
import type { CaptionedImage, PretrainStage, TrainResult } from "@pickapic/pickscore";
import type { Depiction, Scene } from "@pickapic/toyworld";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { whole } from "../options.ts";
import type { ProgressView } from "../progress.ts";
import { phases } from "./train.ts";

interface ToyCommand {
  out: string;
  steps: number;
  seed: number;
  resume?: boolean;
  json?: boolean;
}

interface PretrainCommand extends ToyCommand {
  pictures: number;
  init?: string;
  shared?: boolean;
}

interface PickscoreCommand extends ToyCommand {
  init: string;
  rankings: number;
}

export function registerToy(program: Command, context: Context): void {
  const toy = program.command("toy").description("make the models that ship, clip-toy and pickscore-toy, from the toy world");
  shared(toy.command("pretrain"), "train clip-toy, a small CLIP, from nothing on captioned pictures of the toy world", 5800)
    .option("--pictures <n>", "pictures to draw; the last 500 are for measuring", whole(1000), 40_000)
    .option("--init <model>", "a clip-toy to go on from; by default everything is new")
    .option("--shared", "leave the processors to others while waiting")
    .action((options: PretrainCommand) => pretrain(options, context));
  shared(toy.command("pickscore"), "train pickscore-toy on the choices of simulated people", 600)
    .option("--init <model>", "the CLIP to start from", "clip-toy")
    .option("--rankings <n>", "choices to simulate", whole(100), 12_000)
    .action((options: PickscoreCommand) => pickscore(options, context));
}

function shared(command: Command, description: string, steps: number): Command {
  return command
    .description(description)
    .requiredOption("--out <folder>", "the run folder, which becomes the model")
    .option("--steps <n>", "optimizer steps", whole(1), steps)
    .option("--seed <n>", "same seed, same model", whole(0), 42)
    .option("--resume", "go on with the run that is in the folder")
    .option("--json", "print the result as JSON")
    .addHelpText("after", `\nExample:\n  $ pickapic toy ${command.name()} --out runs/${command.name()}`);
}

async function pretrain(options: PretrainCommand, context: Context): Promise<void> {
  const { pretrainClipToy } = await import("@pickapic/pickscore");
  const { out, seed, steps, pictures, resume, json } = options;
  begin(context, out);
  const view = phases(context, "clip-toy");
  try {
    const { folder, retrieval } = await pretrainClipToy({
      ...{ out, seed, steps, resume, init: options.init, stages: STAGES, spin: !options.shared },
      pairs: captionedPictures(pictures, seed),
      expected: pictures,
      signal: context.signal,
      onProgress: view.update,
    });
    view.stop();
    const percent = (100 * retrieval.accuracy).toFixed(1);
    const text = `${folder}: finds its own caption among ${retrieval.among} for ${percent} % of new pictures`;
    result(context, json, { folder, retrieval }, () => text);
  } finally {
    view.stop();
  }
}

/** Side of the pictures that simulated people look at, px. */
const PICKSCORE_SIDE = 256;
/** Answers to one prompt, on average. */
const ANSWERS_PER_PROMPT = 4;

async function pickscore(options: PickscoreCommand, context: Context): Promise<void> {
  const { trainPickScore } = await import("@pickapic/pickscore");
  const { out, seed, steps, init, resume, json } = options;
  begin(context, out);
  const view = phases(context, "pickscore-toy");
  try {
    const dataset = await simulatedDataset(options, context, view.update);
    const settings = { ...TOY_TRAINING, dataset, init, out, seed, steps };
    const trained = await trainPickScore(settings, { resume, signal: context.signal, onProgress: view.update });
    await writeCard(trained, options);
    view.stop();
    result(context, json, trained, () => `${out}: ${accuracyOf(trained)}`);
  } finally {
    view.stop();
  }
}

/** Recipe of pickscore-toy: a small model bears a hundred times the paper's learning rate. */
const TOY_TRAINING = {
  batchPairs: 128,
  microBatchPairs: 32,
  order: "by-prompt",
  learningRate: 3e-4,
  warmupSteps: 60,
  validationSplit: "validation",
  validationPairs: 1000,
  validateEvery: 100,
} as const;

/** The choices as a dataset beside the run folder; one that is there already is used again. */
async function simulatedDataset(
  { out, seed, rankings }: PickscoreCommand,
  { signal }: Context,
  onProgress: ProgressView["update"],
): Promise<string> {
  const folder = `${out}-dataset`;
  if (existsSync(folder)) return folder;
  const [{ collect }, { writeDataset }] = await Promise.all([import("../loop.ts"), import("@pickapic/dataset")]);
  const people = { seed, rankings, answersPerPrompt: ANSWERS_PER_PROMPT, promptsPerPerson: 2, size: PICKSCORE_SIDE };
  const { source } = await collect(people, { signal, onProgress });
  const name = "Toy choices (simulated)";
  await writeDataset(source, folder, { images: true, replace: true, seed, name, license: "cc0-1.0", signal, onProgress });
  return folder;
}

async function writeCard(trained: TrainResult, { init, rankings }: PickscoreCommand): Promise<void> {
  const { steps, batchPairs, learningRate, seed } = trained.settings;
  const card = `---
license: mit
pipeline_tag: zero-shot-image-classification
tags: [clip, pickscore, simulated]
---
# pickscore-toy

PickScore trained from ${init} on ${rankings} choices of simulated people over simulated pictures (Pick-a-Pic's toy world). It scores how
well a toy picture fits a prompt and how well it is made. It knows nothing of real photographs or of real people's taste:
for those, train on a dataset of real choices, or load a PickScore in Hugging Face layout.

- Training: the loss of PickScore, ${steps} steps of ${batchPairs} pairs, AdamW, learning rate ${learningRate}, seed ${seed}. Made by \`pickapic toy pickscore\`.
- Result: ${accuracyOf(trained)}.
`;
  await writeWholeFile(join(trained.folder, "README.md"), card);
}

const accuracyOf = ({ best }: TrainResult): string =>
  best
    ? `${(100 * best.accuracy).toFixed(1)} % agreement with people on the validation split, ties left out`
    : "no validation split";

function begin(context: Context, out: string): void {
  context.goOn = `The run is saved in ${out}: go on with the same command and --resume.`;
  note(context, "Pictures, captions and people are simulated.");
}

/** Side of the pictures as they are drawn, px; the model sees them at 96. */
const SIDE = 128;
/** Captions of a picture for batches of all kinds. */
const MIXED = 8;
/** Kinds of captions that pictures have in batches of one kind, in turns. */
const APART = ["scene", "faint", "scene", "scene", "looks", "scene", "faint", "scene"] as const;
/**
 * True captions of each picture: first how it was made, then of that only what is faint to see, then everything, and in the end each kind apart. A small model
 * that begins with objects and colours names those and never learns to see grain; one that has grain to name never learns to see blur; and where
 * a batch has captions of all kinds, backgrounds and looks tell them apart well enough for objects and colours never to be learned (docs/log.md).
 */
const STAGES: readonly PretrainStage[] = [
  { name: "looks", captions: 1, share: 0.14 },
  { name: "faint looks", captions: 1, share: 0.1 },
  { name: "everything", captions: MIXED, share: 0.31 },
  { name: "apart", captions: APART.length, share: 0.45 },
];
/** Pictures that are drawn side by side. */
const DRAWN_AHEAD = 3;

/** Pictures of all four generators at every guidance, each with captions of what it shows (not of what was asked for). */
async function* captionedPictures(count: number, seed: number): AsyncIterable<CaptionedImage> {
  const world = await import("@pickapic/toyworld");
  const { GENERATION_DEFAULT_NEGATIVE_PROMPT: negativePrompt } = await import("@pickapic/generation");
  const models = world.toyBackend().models;
  const [random, words] = [mulberry32(seed), mulberry32(seed + 1)];
  const draw = async (i: number): Promise<CaptionedImage> => {
    const { name: model, steps } = models[i % models.length]!;
    const guidanceScale = 3 + 9 * random();
    const request: GenerationRequest = {
      prompt: world.sampleCaption(random),
      negativePrompt,
      model,
      steps,
      seed: i,
      guidanceScale,
      width: SIDE,
      height: SIDE,
    };
    const depiction = world.describeImage(request);
    const captions = [
      looksOf(depiction).join(", "),
      faintLooksOf(depiction).join(", "),
      ...Array.from({ length: MIXED }, () => describe(depiction, random, world.writeCaption)),
      ...APART.map((kind) => CAPTION[kind](depiction, words, world.writeCaption)),
    ];
    return { captions, image: await world.renderPixels(request) };
  };
  const ahead: Promise<CaptionedImage>[] = [];
  for (let i = 0; i < count + DRAWN_AHEAD; i++) {
    if (i < count) ahead.push(draw(i));
    if (i >= DRAWN_AHEAD) yield await ahead.shift()!;
  }
}

type Write = (scene: Scene, random: Random) => string;

const CAPTION: Readonly<Record<(typeof APART)[number], (depiction: Depiction, random: Random, write: Write) => string>> = {
  looks: (depiction) => looksOf(depiction).join(", "),
  faint: (depiction) => faintLooksOf(depiction).join(", "),
  // Backgrounds are easy to see: told less often, they leave objects and colours something to be told apart by.
  scene: (depiction, random, write) => write(tell(depiction, random, { style: 0.3, background: 0.4 }), random),
};

/** A caption of what a picture shows, with some of it left out, and often a word on how it was made. */
function describe(depiction: Depiction, random: Random, write: Write): string {
  const scene = tell(depiction, random, { style: 0.5, background: 0.75 });
  const kind = random();
  // Two captions in five tell only what is faint to see: with fewer, it was seen less and less.
  if (kind < 0.26) return faintLooksOf(depiction).join(", ");
  if (kind < 0.4) return faintLooksOf(depiction)[kind < 0.33 ? 0 : 1]!;
  if (kind < 0.55) return looksOf(depiction).join(", ");
  return [write(scene, random), ...(kind < 0.8 ? looksOf(depiction).filter(() => random() < 0.6) : [])].join(", ");
}

/** What a picture shows, with some of it left out. @param told how often style and background are told, 0...1 */
function tell(depiction: Depiction, random: Random, often: { style: number; background: number }): Scene {
  const { style, background, things, relation } = depiction.shown;
  const told = things.map(({ object, count, color }) => ({
    object,
    count: random() < 0.85 || count === 1 ? count : null,
    color: random() < 0.8 ? color : null,
  }));
  return {
    style: random() < often.style ? style : null,
    things: told,
    relation: random() < 0.85 ? relation : null,
    background: random() < often.background ? background : null,
  };
}

/** Words that people use for how a picture was made, in degrees. */
function looksOf(depiction: Depiction): string[] {
  const { noise, burn, vividness, shown } = depiction;
  return [
    flawOf(noise, "clean", "grainy"),
    ...faintLooksOf(depiction),
    degree(vividness, [0.4, "pale"], [0.5, "muted"], [0.6, "plain"], [0.7, "colourful"], [0.8, "bright"], [1, "vivid"]),
    ...(burn > 0.1 ? [burn > 0.35 ? "very overexposed" : "overexposed"] : []),
    shown.style,
  ];
}

const faintLooksOf = ({ blur, artefacts }: Depiction): string[] => [
  flawOf(blur, "sharp", "blurry"),
  flawOf(artefacts, "flawless", "glitchy"),
];

const flawOf = (amount: number, without: string, word: string): string =>
  degree(
    amount,
    [0.05, without],
    [0.1, `barely ${word}`],
    [0.16, `slightly ${word}`],
    [0.24, `rather ${word}`],
    [0.36, word],
    [1, `very ${word}`],
  );

/** The word of the first limit that an amount does not pass. */
function degree(amount: number, ...limits: [limit: number, word: string][]): string {
  return limits.find(([limit]) => amount <= limit)![1];
}
