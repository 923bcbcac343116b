/** @file Toy images with true captions, in the stages in which clip-toy learns. */
import { mulberry32, type Random } from "@pickapic/chance";
import { mapAhead } from "@pickapic/dataset/sequences";
import { itemAt } from "@pickapic/errors";
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

/** Side of the drawn images, px; the model reads them at 96. */
const SIDE = 128;
/** Captions per image for batches that mix all kinds. */
const MIXED = 8;
/** Kinds of captions for batches of one kind each, in turn. */
const APART = ["scene", "faint", "scene", "scene", "looks", "scene", "faint", "scene"] as const;
/**
 * The stages of training and the captions of each: first how an image was made, then only what is faint to see, then everything
 * mixed, finally each kind in batches of its own. The order matters (docs/log.md). A small model that starts with objects and
 * colours never learns to see grain; one that can name grain never learns blur; and in mixed batches backgrounds and looks tell
 * captions apart so well that objects and colours are not learned.
 */
export const STAGES: readonly PretrainStage[] = [
  { name: "looks", captions: 1, share: 0.14 },
  { name: "faint looks", captions: 1, share: 0.1 },
  { name: "everything", captions: MIXED, share: 0.31 },
  { name: "apart", captions: APART.length, share: 0.45 },
];
/** Images that are drawn at the same time. */
const AT_ONCE = 4;

/** Yields images of all four generators at every guidance, each with captions of what it shows (not of what was asked for). */
export async function* captionedPictures(count: number, seed: number): AsyncIterable<CaptionedImage> {
  const { models } = toyBackend();
  const [random, words] = [mulberry32(seed), mulberry32(seed + 1)];
  const draw = async (i: number): Promise<CaptionedImage> => {
    const { name: model, steps } = itemAt(models, i % models.length);
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
  yield* mapAhead(Array(count).keys(), AT_ONCE, draw);
}

type Write = (scene: Scene, random: Random) => string;

const CAPTION: Readonly<Record<(typeof APART)[number], (depiction: Depiction, random: Random, write: Write) => string>> = {
  looks: (depiction) => looksOf(depiction).join(", "),
  faint: (depiction) => faintLooksOf(depiction).join(", "),
  // Backgrounds are easy to see. They are mentioned less often, so that objects and colours are needed to tell captions apart.
  scene: (depiction, random, write) => write(tell(depiction, random, { style: 0.3, background: 0.4 }), random),
};

/** A caption of what an image shows, with some of it left out, and often a word about how it was made. */
function describe(depiction: Depiction, random: Random, write: Write): string {
  const scene = tell(depiction, random, { style: 0.5, background: 0.75 });
  const kind = random();
  // Two captions in five mention only what is faint to see; with fewer, the model lost sight of it.
  const [sharpness, glitches] = faintLooksOf(depiction);
  if (kind < 0.26) return `${sharpness}, ${glitches}`;
  if (kind < 0.4) return kind < 0.33 ? sharpness : glitches;
  if (kind < 0.55) return looksOf(depiction).join(", ");
  return [write(scene, random), ...(kind < 0.8 ? looksOf(depiction).filter(() => random() < 0.6) : [])].join(", ");
}

/** What an image shows, with some of it left out. @param often how often style and background are mentioned, 0...1 */
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

/** Words for how an image was made, in degrees. */
function looksOf(depiction: Depiction): string[] {
  const { noise, burn, vividness, shown } = depiction;
  return [
    flawOf(noise, "clean", "grainy"),
    ...faintLooksOf(depiction),
    degree(vividness, [[0.4, "pale"], [0.5, "muted"], [0.6, "plain"], [0.7, "colourful"], [0.8, "bright"]], "vivid"), // biome-ignore format: a scale
    ...(burn > 0.1 ? [burn > 0.35 ? "very overexposed" : "overexposed"] : []),
    shown.style,
  ];
}

const faintLooksOf = ({ blur, artefacts }: Depiction): [sharpness: string, glitches: string] => [
  flawOf(blur, "sharp", "blurry"),
  flawOf(artefacts, "flawless", "glitchy"),
];

const flawOf = (amount: number, without: string, word: string): string =>
  degree(
    amount,
    [
      [0.05, without],
      [0.1, `barely ${word}`],
      [0.16, `slightly ${word}`],
      [0.24, `rather ${word}`],
      [0.36, word],
    ],
    `very ${word}`,
  );

/** The word of the first limit that the amount does not exceed; `beyond` when it exceeds all. */
function degree(amount: number, limits: readonly (readonly [limit: number, word: string])[], beyond: string): string {
  const [, word] = limits.find(([limit]) => amount <= limit) ?? [amount, beyond];
  return word;
}
