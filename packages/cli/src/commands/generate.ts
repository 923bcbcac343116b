/** @file `pickapic generate`: generates pictures of a prompt, or the best of many. */
import { join } from "node:path";
import { checkWritable } from "@pickapic/disk";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import type { BestTask } from "../generating/best.ts";
import type { PictureRecord } from "../generating/record.ts";
import type { GeneratingTask } from "../generating/some.ts";
import { MODELS_HELP, openGenerators } from "../generators/open.ts";
import { decimal, JSON_RESULT, PATIENCE_HELP, seed, TEMPLATES_HELP, whole } from "../options.ts";
import { type ExternalOptions, externalOptions, SCORER_NAMES } from "../scoring/scorerOptions.ts";
import { type Column, table } from "../table.ts";

interface GenerateOptions extends ExternalOptions {
  models?: string;
  model?: string;
  number?: number;
  bestOf?: number;
  templates?: string;
  patience?: number;
  preview?: string;
  scorer: string;
  guidance?: number;
  seed?: number;
  out: string;
  json?: boolean;
}

const WRITTEN = `
Each picture gets a JSON file beside it: prompt, template, model, seed, settings (null where the backend has none), time and price, and with --best-of its score,
its rank and the scorer. A PNG carries the same as text: "parameters", as AUTOMATIC1111 writes it, and "pickapic". With --best-of there is a contact sheet as well, of the best hundred of all pictures.
Ctrl-C, or a scorer that fails, ends a best-of-n with the best pictures that were found.
`;

/** Adds `pickapic generate`, which writes pictures of a prompt into a folder. */
export function registerGenerate(program: Command, context: Context): void {
  externalOptions(program.command("generate"))
    .summary("generate pictures of a prompt, or the best of many")
    .description(
      "Generate pictures of a prompt with your models, or with the simulated toy world, and with --best-of keep those that a scorer likes most.",
    )
    .argument("<prompt>", "what to show; the first [...] in it is the negative prompt")
    .option("--models <file>", MODELS_HELP)
    .option("--model <name>", "one of the models on offer (default: drawn for each picture; the first one with --best-of)")
    .option("-n, --number <n>", "pictures to keep (default: 4, or 1 with --best-of)", whole(1, 10_000))
    .option("--best-of <n>", "generate this many pictures and keep the best of them", whole(1, 10_000))
    .option("--templates <file>", `with --best-of: ${TEMPLATES_HELP} (default: those of the model, else the prompt as it is)`)
    .option("--patience <p>", `with --best-of: ${PATIENCE_HELP}`, decimal(0, 0.5))
    .option("--preview <file>", "with --best-of: shows the best picture so far in this file, which an image viewer can follow")
    .option("--scorer <name>", `with --best-of: ${SCORER_NAMES}`, "pickscore-toy")
    .option(
      "--guidance <scale>",
      "how closely to follow the prompt (default: drawn from the model's range; 7.5 with --best-of)",
      decimal(0, 100),
    )
    .option("--seed <n>", "same seed, same pictures (default: drawn)", seed)
    .option("--out <folder>", "where the pictures go", "pictures")
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `${WRITTEN}
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
  const backends = generators.backends();
  const { model, guidance: guidanceScale, out, bestOf, number } = options;
  const task: GeneratingTask = { prompt, backends, model, guidanceScale, out, random: randomFor("generate", seed), context };
  try {
    // Pictures may cost money: a folder that takes no files is refused before the first one is made.
    await checkWritable(join(out, "picture"));
    const { more, pictures } =
      bestOf === undefined
        ? { more: {}, pictures: await some(number ?? 4, task) }
        : await best({ ...task, ...options, n: bestOf, hold: number ?? 1, model, guidanceScale });
    const simulated = backends.every((backend) => backend.simulated);
    const inFolder = pictures.map((picture) => ({ ...picture, file: join(out, picture.file) }));
    result(context, options.json, { prompt, simulated, seed, ...more, pictures: inFolder }, () => listing(context, inFolder));
    if (simulated) note(context, "The pictures are simulated: they come from the toy world.");
  } finally {
    await generators.close();
  }
}

async function some(total: number, task: GeneratingTask): Promise<PictureRecord[]> {
  const { generateSome } = await import("../generating/some.ts");
  return generateSome(total, task);
}

async function best(task: BestTask): Promise<{ more: object; pictures: PictureRecord[] }> {
  const { generateBest, notesOf } = await import("../generating/best.ts");
  const found = await generateBest(task);
  for (const line of await notesOf(found, task)) note(task.context, line);
  const { pictures, ...more } = found;
  return { pictures, more };
}

/** @throws CliError when an option is given that only means something with --best-of */
function demandBestOf({ bestOf, templates, patience, preview }: GenerateOptions): void {
  for (const [name, value] of Object.entries({ templates, patience, preview }))
    if (bestOf === undefined && value !== undefined)
      throw new CliError("PICKAPIC_USAGE_ARGUMENT", `--${name} says how pictures are picked from many: give --best-of as well.`);
}

const COLUMNS: readonly Column[] = [
  { head: "file" },
  { head: "model" },
  { head: "guidance", align: "right" },
  { head: "seed", align: "right" },
];

function listing(context: Context, pictures: readonly PictureRecord[]): string {
  const isScored = pictures.some(({ judged }) => judged !== null);
  const rows = pictures.map(({ file, model, guidanceScale, seed, judged, template }) => [
    file,
    model,
    guidanceScale?.toFixed(1) ?? "",
    `${seed ?? ""}`,
    ...(judged === null ? [] : [judged.score.toFixed(3), template ?? "none"]),
  ]);
  const columns: Column[] = isScored ? [...COLUMNS, { head: "score", align: "right" }, { head: "template" }] : [...COLUMNS];
  // Each sentence once: what the backend did not follow, such as a negative prompt or words that it does not know.
  const warnings = new Set(pictures.flatMap(({ warnings }) => warnings));
  return table(context.stdout, columns, rows) + [...warnings].map((warning) => `${warning}\n`).join("");
}
