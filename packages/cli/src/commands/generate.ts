/** @file `pickapic generate`: generates pictures of a prompt, or the best of many. */
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import type { Backend, BackendModel, GeneratedImage, GenerationRequest } from "@pickapic/generation";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, seed, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { type Column, table } from "../table.ts";

interface GenerateOptions {
  model?: string;
  number?: number;
  bestOf?: number;
  scorer: string;
  guidance?: number;
  seed?: number;
  out: string;
  json?: boolean;
}

interface Picture {
  request: GenerationRequest;
  image: GeneratedImage;
  score?: number;
}

/** Adds `pickapic generate`, which writes pictures of the toy world into a folder. */
export function registerGenerate(program: Command, context: Context): void {
  program
    .command("generate")
    .summary("generate pictures of a prompt, or the best of many")
    .description(
      "Generates pictures of a prompt with the simulated toy world, and with --best-of keeps those that a scorer likes most.",
    )
    .argument("<prompt>", "what to show; the first [...] in it is the negative prompt")
    .option("--model <name>", "one of the models on offer (default: drawn for each picture; the first one with --best-of)")
    .option("-n, --number <n>", "pictures to keep (default: 4, or 1 with --best-of)", whole(1, 10_000))
    .option("--best-of <n>", "generate so many and keep the best", whole(1, 10_000))
    .option("--scorer <model>", "who says which is best", "pickscore-toy")
    .option(
      "--guidance <scale>",
      "how closely to follow the prompt (default: drawn from 3 ... 12; 7.5 with --best-of)",
      decimal(0, 100),
    )
    .option("--seed <n>", "same seed, same pictures (default: drawn)", seed)
    .option("--out <folder>", "where the pictures go", "pictures")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic generate "two red apples left of a cat on a blue background"
  $ pickapic generate "three blue boats" --best-of 16 --scorer runs/mine --out pictures`,
    )
    .action((prompt: string, options: GenerateOptions) => generate(prompt, options, context));
}

async function generate(text: string, options: GenerateOptions, context: Context): Promise<void> {
  const [{ parsePrompt }, { toyBackend }, { drawSeed, randomFor }] = await Promise.all([
    import("@pickapic/generation"),
    import("@pickapic/toyworld"),
    import("@pickapic/chance"),
  ]);
  const prompt = parsePrompt(text);
  const backend = toyBackend();
  const seed = options.seed ?? drawSeed(Math.random);
  const make = options.bestOf === undefined ? makeSome : makeBest;
  const pictures = await make({ prompt, backend, options, random: randomFor("generate", seed), context });
  const files = await Promise.all(pictures.map((picture, i) => save(picture, i, options.out)));
  const value = {
    prompt,
    simulated: backend.simulated,
    seed,
    pictures: pictures.map((picture, i) => describe(picture, files[i] ?? "")),
  };
  result(context, options.json, value, () => listing(context, pictures, files));
  if (backend.simulated) note(context, "The pictures are simulated: they come from the toy world.");
}

interface Task {
  prompt: { prompt: string; negativePrompt: string };
  backend: Backend;
  options: GenerateOptions;
  random: () => number;
  context: Context;
}

async function makeSome({ prompt, backend, options, random, context }: Task): Promise<Picture[]> {
  const { drawRequest, findOffer } = await import("@pickapic/generation");
  const offered = options.model === undefined ? backend : only(backend, findOffer([backend], options.model).model);
  const view = showProgress(context, "generating");
  const pictures: Picture[] = [];
  const total = options.number ?? 4;
  while (pictures.length < total) {
    const drawn = drawRequest(prompt, [offered], random);
    const request = { ...drawn, guidanceScale: options.guidance ?? drawn.guidanceScale };
    pictures.push({ request, image: await backend.generate(request, { signal: context.signal }) });
    view.update({ done: pictures.length, total, unit: "pictures" });
  }
  view.stop();
  return pictures;
}

function only(backend: Backend, model: BackendModel): Backend {
  return { name: backend.name, models: [model], simulated: backend.simulated, generate: backend.generate.bind(backend) };
}

async function makeBest({ prompt, backend, options, random, context }: Task): Promise<Picture[]> {
  const [{ bestOf }, { openNamedScorer }] = await Promise.all([
    import("@pickapic/generation"),
    import("@pickapic/pickscore/scorers"),
  ]);
  await fetchModels([options.scorer], context);
  const scorer = await openNamedScorer(options.scorer, {
    signal: context.signal,
    token: context.env.PICKAPIC_SCORER_TOKEN,
  });
  const view = showProgress(context, "generating");
  try {
    const candidates = await bestOf(options.bestOf ?? 1, {
      prompt,
      backend,
      model: options.model ?? backend.models[0]?.name ?? "",
      random,
      score: (text, images) => scorer.score(text, images),
      guidanceScale: options.guidance,
      signal: context.signal,
      onProgress: view.update,
    });
    return candidates.slice(0, options.number ?? 1);
  } finally {
    view.stop();
    await scorer.close();
  }
}

async function save({ request, image }: Picture, index: number, folder: string): Promise<string> {
  const extension = image.mediaType.replace("image/", "").replace("jpeg", "jpg");
  const file = join(folder, `${String(index + 1).padStart(3, "0")}-${request.model}-${request.seed}.${extension}`);
  await writeWholeFile(file, image.bytes);
  return file;
}

function describe({ request, image, score }: Picture, file: string) {
  const { model, seed, guidanceScale } = request;
  return { file, model, seed, guidanceScale, ...(score === undefined ? {} : { score }), warnings: image.warnings };
}

function listing(context: Context, pictures: readonly Picture[], files: readonly string[]): string {
  const scored = pictures.some(({ score }) => score !== undefined);
  const columns: Column[] = [
    { head: "file" },
    { head: "model" },
    { head: "guidance", align: "right" },
    { head: "seed", align: "right" },
  ];
  const rows = pictures.map(({ request, score }, i) => [
    files[i] ?? "",
    request.model,
    request.guidanceScale.toFixed(1),
    `${request.seed}`,
    ...(score === undefined ? [] : [score.toFixed(3)]),
  ]);
  const listed = table(context.stdout, scored ? [...columns, { head: "score", align: "right" }] : columns, rows);
  return (
    listed +
    warningsOf(pictures)
      .map((warning) => `${warning}\n`)
      .join("")
  );
}

/** Returns the generator's warnings, each once: what it did not follow, such as a negative prompt or words that it does not know. */
function warningsOf(pictures: readonly Picture[]): string[] {
  return [...new Set(pictures.flatMap(({ image }) => image.warnings))];
}
