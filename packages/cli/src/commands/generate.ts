/** @file `pickapic generate`: generates pictures of a prompt, or the best of many. */
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import type { Backend, GeneratedImage, GenerationRequest, Offer } from "@pickapic/generation";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { MODELS_HELP, openGenerators } from "../generators/open.ts";
import { fetchModels } from "../model/fetch.ts";
import { decimal, PATIENCE_HELP, seed, TEMPLATES_HELP, whole } from "../options.ts";
import { showProgress } from "../progress.ts";
import { type Column, table } from "../table.ts";

interface GenerateOptions {
  models?: string;
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

/** Adds `pickapic generate`, which writes pictures of a prompt into a folder. */
export function registerGenerate(program: Command, context: Context): void {
  program
    .command("generate")
    .summary("generate pictures of a prompt, or the best of many")
    .description(
      "Generate pictures of a prompt with your models, or with the simulated toy world, and with --best-of keep those that a scorer likes most.",
    )
    .argument("<prompt>", "what to show; the first [...] in it is the negative prompt")
    .option("--models <file>", MODELS_HELP)
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
  const [{ parsePrompt }, { drawSeed, randomFor }] = await Promise.all([
    import("@pickapic/generation"),
    import("@pickapic/chance"),
  ]);
  const prompt = parsePrompt(text);
  const seed = options.seed ?? drawSeed(Math.random);
  demandBestOf(options);
  const generators = await openGenerators(options.models, context);
  const make = options.bestOf === undefined ? makeSome : makeBest;
  const backends = generators.backends();
  const { pictures, saved } = await make({ prompt, backends, options, random: randomFor("generate", seed), context }).finally(
    generators.close,
  );
  const files = await saveAll(pictures, options.out);
  const simulated = backends.every((backend) => backend.simulated);
  const value = {
    prompt,
    simulated,
    seed,
    ...(saved === undefined ? {} : { saved }),
    pictures: pictures.map((picture, i) => describe(picture, files[i] ?? "")),
  };
  result(context, options.json, value, () => listing(context, pictures, files));
  if (saved !== undefined && options.bestOf !== undefined)
    note(context, `${options.bestOf - saved} of ${options.bestOf} pictures were made; ${saved} were saved by --patience.`);
  if (simulated) note(context, "The pictures are simulated: they come from the toy world.");
}

/** @throws CliError when an option is given that only means something with --best-of */
function demandBestOf({ bestOf, templates, patience }: GenerateOptions): void {
  for (const [name, value] of Object.entries({ templates, patience }))
    if (bestOf === undefined && value !== undefined)
      throw new CliError("PICKAPIC_USAGE_ARGUMENT", `--${name} says how pictures are picked from many: give --best-of as well.`);
}

interface Task {
  prompt: { prompt: string; negativePrompt: string };
  backends: readonly Backend[];
  options: GenerateOptions;
  random: () => number;
  context: Context;
}

async function makeSome({ prompt, backends, options, random, context }: Task): Promise<Made> {
  const { drawRequest, findOffer } = await import("@pickapic/generation");
  const offered = options.model === undefined ? backends : [only(findOffer(backends, options.model))];
  const view = showProgress(context, "generating");
  const pictures: Picture[] = [];
  const total = options.number ?? 4;
  const makeOne = async () => {
    const drawn = drawRequest(prompt, offered, random);
    const guidanceScale = drawn.guidanceScale === null ? null : (options.guidance ?? drawn.guidanceScale);
    const request = { ...drawn, guidanceScale };
    const { backend } = findOffer(offered, request.model);
    pictures.push({ request, image: await backend.generate(request, { signal: context.signal }) });
    view.update({ done: pictures.length, total, unit: "pictures" });
  };
  try {
    while (pictures.length < total) await makeOne();
    return { pictures };
  } catch (error) {
    // They may have been paid for.
    const files = await saveAll(pictures, options.out);
    if (files.length > 0)
      note(context, `${files.length} of ${total} pictures were made before that: they are in ${options.out}.`);
    throw error;
  } finally {
    view.stop();
  }
}

const saveAll = (pictures: readonly Picture[], folder: string): Promise<string[]> =>
  Promise.all(pictures.map((picture, i) => save(picture, i, folder)));

/** A backend that offers one of its models alone, even one that is otherwise never drawn. */
function only({ backend, model: found }: Offer): Backend {
  const model = { ...found, weight: 1 };
  return { name: backend.name, models: [model], simulated: backend.simulated, generate: backend.generate.bind(backend) };
}

async function makeBest({ prompt, backends, options, random, context }: Task): Promise<Made> {
  const [{ bestOf, checkPatience, findOffer, offers }, { readTemplates }, { openNamedScorer }] = await Promise.all([
    import("@pickapic/generation"),
    import("@pickapic/generation/templates"),
    import("@pickapic/pickscore/scorers"),
  ]);
  const { patience } = options;
  const { backend, model } = findOffer(backends, options.model ?? offers(backends)[0]?.model.name ?? "");
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
      model: model.name,
      random,
      score: async (text, images) =>
        (await scorer.scoreEach(text, images)).map((result) => ("score" in result ? result.score : result)),
      guidanceScale: options.guidance,
      templates,
      patience,
      signal: context.signal,
      hold: options.number ?? 1,
      onProgress: ({ scored, best: [first] }) => {
        const note = first ? `best so far: ${first.score.toFixed(3)} (${first.image.template})` : "";
        view.update({ done: scored, total: options.bestOf ?? 1, unit: "images", note });
      },
    });
    return patience === undefined ? { pictures: candidates } : { pictures: candidates, saved };
  } finally {
    view.stop();
    await scorer.close();
  }
}

async function save({ request, image }: Picture, index: number, folder: string): Promise<string> {
  const extension = image.mediaType.replace("image/", "").replace("jpeg", "jpg");
  const seed = image.used?.seed ?? request.seed;
  const name = [String(index + 1).padStart(3, "0"), request.model.replace(/[^\w.-]+/g, "-"), ...(seed === null ? [] : [seed])];
  const file = join(folder, `${name.join("-")}.${extension}`);
  await writeWholeFile(file, image.bytes);
  return file;
}

function describe({ request, image, score, template }: Picture, file: string) {
  const { model } = request;
  const { seed = request.seed, guidanceScale = request.guidanceScale } = image.used ?? {};
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
  const rows = pictures.map(({ request, image, score, template }, i) => [
    files[i] ?? "",
    request.model,
    request.guidanceScale?.toFixed(1) ?? "",
    `${image.used?.seed ?? request.seed ?? ""}`,
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
