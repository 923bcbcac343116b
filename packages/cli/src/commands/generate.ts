/** @file `pickapic generate`: generates pictures of a prompt, or the best of many. */
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import type { Backend, BackendModel, GeneratedImage, GenerationRequest } from "@pickapic/generation";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, PATIENCE_HELP, seed, TEMPLATES_HELP, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { type Column, table } from "../table.ts";

interface GenerateOptions {
  model?: string;
  number?: number;
  bestOf?: number;
  templates?: string;
  patience?: number;
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
  template?: string;
}

/** What a command made, and how many of the pictures of a best-of-n were not needed. */
interface Made {
  pictures: Picture[];
  saved?: number;
}

/** Adds `pickapic generate`, which writes pictures of the toy world into a folder. */
export function registerGenerate(program: Command, context: Context): void {
  program
    .command("generate")
    .summary("generate pictures of a prompt, or the best of many")
    .description(
      "Generate pictures of a prompt with the simulated toy world, and with --best-of keep those that a scorer likes most.",
    )
    .argument("<prompt>", "what to show; the first [...] in it is the negative prompt")
    .option("--model <name>", "one of the models on offer (default: drawn for each picture; the first one with --best-of)")
    .option("-n, --number <n>", "pictures to keep (default: 4, or 1 with --best-of)", whole(1, 10_000))
    .option("--best-of <n>", "generate this many pictures and keep the best of them", whole(1, 10_000))
    .option("--templates <file>", `with --best-of: ${TEMPLATES_HELP} (default: the prompt as it is)`)
    .option("--patience <p>", `with --best-of: ${PATIENCE_HELP}`, decimal(0, 0.5))
    .option(
      "--scorer <model>",
      "the scorer that says which are best: pickscore-toy, clip-toy, a folder of a model, or ORG/NAME of the hub",
      "pickscore-toy",
    )
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
  $ pickapic generate "three blue boats" --best-of 16 --scorer runs/mine --out pictures
  $ pickapic generate "three blue boats" --best-of 100 --patience 0.01 --templates my-templates.json`,
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
  demandBestOf(options);
  const make = options.bestOf === undefined ? makeSome : makeBest;
  const { pictures, saved } = await make({ prompt, backend, options, random: randomFor("generate", seed), context });
  const files = await Promise.all(pictures.map((picture, i) => save(picture, i, options.out)));
  const value = {
    prompt,
    simulated: backend.simulated,
    seed,
    ...(saved === undefined ? {} : { saved }),
    pictures: pictures.map((picture, i) => describe(picture, files[i] ?? "")),
  };
  result(context, options.json, value, () => listing(context, pictures, files));
  if (saved !== undefined && options.bestOf !== undefined)
    note(context, `${options.bestOf - saved} of ${options.bestOf} pictures were made; ${saved} were saved by --patience.`);
  if (backend.simulated) note(context, "The pictures are simulated: they come from the toy world.");
}

/** @throws CliError when an option is given that only means something with --best-of */
function demandBestOf({ bestOf, templates, patience }: GenerateOptions): void {
  for (const [name, value] of Object.entries({ templates, patience }))
    if (bestOf === undefined && value !== undefined)
      throw new CliError("PICKAPIC_USAGE_ARGUMENT", `--${name} says how pictures are picked from many: give --best-of as well.`);
}

interface Task {
  prompt: { prompt: string; negativePrompt: string };
  backend: Backend;
  options: GenerateOptions;
  random: () => number;
  context: Context;
}

async function makeSome({ prompt, backend, options, random, context }: Task): Promise<Made> {
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
  return { pictures };
}

function only(backend: Backend, model: BackendModel): Backend {
  return { name: backend.name, models: [model], simulated: backend.simulated, generate: backend.generate.bind(backend) };
}

async function makeBest({ prompt, backend, options, random, context }: Task): Promise<Made> {
  const [{ bestOf, checkPatience }, { readTemplates }, { openNamedScorer }] = await Promise.all([
    import("@pickapic/generation"),
    import("@pickapic/generation/templates"),
    import("@pickapic/pickscore/scorers"),
  ]);
  const { patience } = options;
  if (patience !== undefined) checkPatience(patience);
  const templates = options.templates === undefined ? undefined : await readTemplates(options.templates);
  await fetchModels([options.scorer], context);
  const scorer = await openNamedScorer(options.scorer, {
    signal: context.signal,
    token: context.env.PICKAPIC_SCORER_TOKEN,
  });
  const view = showProgress(context, "generating");
  try {
    const { candidates, saved } = await bestOf(options.bestOf ?? 1, {
      prompt,
      backend,
      model: options.model ?? backend.models[0]?.name ?? "",
      random,
      score: (text, images) => scorer.score(text, images),
      guidanceScale: options.guidance,
      templates,
      patience,
      signal: context.signal,
      onProgress: view.update,
    });
    const pictures = candidates.slice(0, options.number ?? 1);
    return patience === undefined ? { pictures } : { pictures, saved };
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

function describe({ request, image, score, template }: Picture, file: string) {
  const { model, seed, guidanceScale } = request;
  const picked = score === undefined ? {} : { score, template };
  return { file, model, seed, guidanceScale, ...picked, warnings: image.warnings };
}

function listing(context: Context, pictures: readonly Picture[], files: readonly string[]): string {
  const scored = pictures.some(({ score }) => score !== undefined);
  const columns: Column[] = [
    { head: "file" },
    { head: "model" },
    { head: "guidance", align: "right" },
    { head: "seed", align: "right" },
  ];
  const rows = pictures.map(({ request, score, template }, i) => [
    files[i] ?? "",
    request.model,
    request.guidanceScale.toFixed(1),
    `${request.seed}`,
    ...(score === undefined ? [] : [score.toFixed(3), template ?? ""]),
  ]);
  const scoredColumns: Column[] = [...columns, { head: "score", align: "right" }, { head: "template" }];
  const listed = table(context.stdout, scored ? scoredColumns : columns, rows);
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
