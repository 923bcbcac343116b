/** @file Pictures of the toy world with true captions, in the stages that clip-toy learns from. */
import { mulberry32, type Random } from "@pickapic/chance";
import { GENERATION_DEFAULT_NEGATIVE_PROMPT, type GenerationRequest } from "@pickapic/generation";
import type { CaptionedImage } from "@pickapic/pickscore";
import {
  type Depiction,
  describeImage,
  renderPixels,
  type Scene,
  sampleCaption,
  toyBackend,
  writeCaption,
} from "@pickapic/toyworld";
import type { PretrainStage } from "./clipToy.ts";

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
export const STAGES: readonly PretrainStage[] = [
  { name: "looks", captions: 1, share: 0.14 },
  { name: "faint looks", captions: 1, share: 0.1 },
  { name: "everything", captions: MIXED, share: 0.31 },
  { name: "apart", captions: APART.length, share: 0.45 },
];
/** Pictures that are drawn side by side. */
const DRAWN_AHEAD = 3;

/** Pictures of all four generators at every guidance, each with captions of what it shows (not of what was asked for). */
export async function* captionedPictures(count: number, seed: number): AsyncIterable<CaptionedImage> {
  const { models } = toyBackend();
  const [random, words] = [mulberry32(seed), mulberry32(seed + 1)];
  const draw = async (i: number): Promise<CaptionedImage> => {
    const { name: model, steps } = models[i % models.length]!;
    const guidanceScale = 3 + 9 * random();
    const request: GenerationRequest = {
      prompt: sampleCaption(random),
      negativePrompt: GENERATION_DEFAULT_NEGATIVE_PROMPT,
      model,
      steps,
      seed: i,
      guidanceScale,
      width: SIDE,
      height: SIDE,
    };
    const depiction = describeImage(request);
    const captions = [
      looksOf(depiction).join(", "),
      faintLooksOf(depiction).join(", "),
      ...Array.from({ length: MIXED }, () => describe(depiction, random, writeCaption)),
      ...APART.map((kind) => CAPTION[kind](depiction, words, writeCaption)),
    ];
    return { captions, image: await renderPixels(request) };
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
