/** @file `pickapic evaluate distance`: how far the images of two folders are apart. */
import type { DistanceReport } from "@pickapic/experiments/measure";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { range, thousands } from "@pickapic/report/figures";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { findImages } from "../images.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, JSON_RESULT, pixelsOption, seed, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { paint, table } from "../table.ts";

interface DistanceOptions {
  features: string;
  output?: string;
  size?: number;
  mean?: number[];
  deviation?: number[];
  sizes?: number[];
  seed: number;
  threads: number;
  pixels: PixelPolicy;
  json?: boolean;
}

/** Adds `distance` to `pickapic evaluate`. */
export function registerEvaluateDistance(evaluate: Command, context: Context): void {
  evaluate
    .command("distance")
    .description(
      "how far the images of two folders are apart, such as real photographs and a model's: Fréchet distance (FID with Inception's features), kernel distance (KID) and CMMD; and how much of the Fréchet distance comes from having few images",
    )
    .argument("<a>", "folder of images")
    .argument("<b>", "folder of images")
    .option(
      "--features <model>",
      "what turns images into numbers: clip-toy, a folder with a CLIP, ORG/NAME of the hub, or a file.onnx that takes [batch, 3, height, width]",
      "clip-toy",
    )
    .option("--output <name>", "with a file.onnx: name of the output that holds the features (default: the first)")
    .option("--size <px>", "with a file.onnx that takes any size: width and height of its images, such as 299", whole(8, 4096))
    .option("--mean <numbers...>", "with a file.onnx: subtracted from red, green and blue, 0 to 1 (default: 0.5 0.5 0.5)", colour)
    .option("--deviation <numbers...>", "with a file.onnx: divides red, green and blue (default: 0.5 0.5 0.5)", colour)
    .option(
      "--sizes <images...>",
      "sizes of the subsets that show the effect of few images (default: 1/8, 1/4 and 1/2 of them)",
      size,
    )
    .addOption(pixelsOption())
    .option("--seed <n>", "seed of the subsets", seed, 1)
    .option("--threads <n>", "0: as many as the machine has cores", whole(0, 1024), 0)
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      "\nExample:\n  $ pickapic evaluate distance photographs generated --features openai/clip-vit-large-patch14",
    )
    .action((a: string, b: string, options: DistanceOptions) => evaluateDistance([a, b], options, context));
}

function size(text: string, before: number[] = []): number[] {
  return [...before, whole(2, 10_000_000)(text)];
}

function colour(text: string, before: number[] = []): number[] {
  return [...before, decimal(0, 10)(text)];
}

/** @throws CliError PICKAPIC_USAGE_ARGUMENT unless there are three numbers, or one for all channels */
function channels(numbers: readonly number[] | undefined, option: string): readonly [number, number, number] | undefined {
  if (numbers === undefined) return undefined;
  const [red, green = red, blue = red, ...others] = numbers;
  if (red !== undefined && green !== undefined && blue !== undefined && numbers.length !== 2 && others.length === 0)
    return [red, green, blue];
  throw new CliError(
    "PICKAPIC_USAGE_ARGUMENT",
    `${option} takes one number, or three for red, green and blue; got ${numbers.join(" ")}.`,
  );
}

async function evaluateDistance(folders: readonly [string, string], options: DistanceOptions, context: Context): Promise<void> {
  const { measureDistances } = await import("@pickapic/experiments/measure");
  const [a, b] = [await findImages([folders[0]]), await findImages([folders[1]])];
  for (const [i, { files }] of [a, b].entries())
    if (files.length < 2)
      throw new CliError(
        "PICKAPIC_USAGE_ARGUMENT",
        `A distance needs at least two images on each side; ${folders[i]} has ${files.length}.`,
      );
  if (!options.features.endsWith(".onnx")) await fetchModels([options.features], context);
  const view = showProgress(context, "reading images");
  try {
    const report = await measureDistances(
      {
        ...options,
        files: [a.files, b.files],
        network: {
          output: options.output,
          size: options.size,
          mean: channels(options.mean, "--mean"),
          deviation: channels(options.deviation, "--deviation"),
        },
      },
      { signal: context.signal, onProgress: view.update },
    );
    view.stop();
    result(context, options.json, { folders, ...report }, () => distanceText(context, folders, report));
    for (const remark of remarks(report)) note(context, remark);
  } finally {
    view.stop();
  }
}

const right = (head: string) => ({ head, align: "right" as const });

function distanceText(context: Context, [a, b]: readonly [string, string], report: DistanceReport): string {
  const { images, frechet, frechetBySize, kernel, cmmd, protocol } = report;
  const distances = [
    ["Fréchet distance", shown(frechet), range(null, shown)],
    ...(frechetBySize.endless === null
      ? []
      : [["... for endlessly many images", shown(frechetBySize.endless), range(null, shown)]]),
    ["kernel distance", shown(kernel.value), range(kernel.interval, shown)],
    ...(cmmd === null ? [] : [["CMMD", shown(cmmd.value), range(cmmd.interval, shown)]]),
  ];
  const sizes = frechetBySize.points.map(({ images: count, distance }) => [thousands(count), shown(distance)]);
  return [
    table(context.stdout, [{ head: `${a} - ${b}` }, right("distance"), right("95 % interval")], distances),
    table(context.stdout, [right("images on each side"), right("mean Fréchet distance")], sizes),
    paint(context.stdout, "dim", `${thousands(images[0])} and ${thousands(images[1])} images. ${protocol}`),
  ].join("\n");
}

/** Four significant digits, because distances of different features differ by powers of ten. */
const shown = (value: number): string => value.toPrecision(4);

/** What a reader must know before comparing the figures with others. */
function remarks({ images, width, kernel, cmmd, frechetBySize }: DistanceReport): string[] {
  const fewest = Math.min(...images);
  const isBelow = [kernel, cmmd].some((distance) => (distance?.interval?.[1] ?? 0) < 0);
  return [
    ...(fewest < width
      ? [
          `${thousands(fewest)} images are fewer than the ${thousands(width)} features: the Fréchet distance is far too large, and only comparable with others of as many images.`,
        ]
      : []),
    ...(frechetBySize.endless === null
      ? [
          "What the Fréchet distance would be for endlessly many images cannot be told from so few sizes: it takes subsets of at least three sizes of 10 images or more, and so 40 images on each side unless --sizes names them.",
        ]
      : []),
    ...(kernel.reason === null ? [] : [`Intervals are missing: ${kernel.reason}.`]),
    ...(isBelow
      ? [
          "An interval lies wholly below 0, where no true distance is: the two sides have more in common than images of one distribution that were made apart, such as images of the same prompts and seeds, or the same images saved anew. No difference is shown, and the interval does not hold for such sides.",
        ]
      : []),
    "A Fréchet distance has no interval here, because its error comes from the number of images rather than from chance. Distances by different features cannot be compared.",
  ];
}
