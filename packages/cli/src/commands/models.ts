/** @file `pickapic models`: the models that generate pictures: list them, check their backends, add one. */
import { readFile } from "node:fs/promises";
import { writeWholeFile } from "@pickapic/disk";
import { messageOf } from "@pickapic/errors";
import type { Backend, BackendModel } from "@pickapic/generation";
import type { Command } from "commander";
import { type Context, note, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { MODELS_FILE, MODELS_HELP, modelsFile, openGenerators } from "../generators/open.ts";
import { table } from "../table.ts";

interface ModelsOptions {
  models?: string;
  json?: boolean;
}

interface AddOptions extends ModelsOptions {
  name?: string;
  model?: string;
  key?: string;
  set?: readonly string[];
}

/** How long a check of one backend may take, ms. */
const CHECK_MS = 15_000;

/** Adds `pickapic models`, with its subcommands. */
export function registerModels(program: Command, context: Context): void {
  const models = program
    .command("models")
    .summary("the models that generate pictures: list, check, add")
    .description("The models that generate pictures, as models.yaml names them (docs/models.md).");
  models
    .command("list")
    .summary("list the models that take part")
    .description("List the models that take part, with the share of images that each gets.")
    .option("--models <file>", MODELS_HELP)
    .option("--json", "print the list as JSON")
    .addHelpText("after", "\nExample:\n  $ pickapic models list --models models.yaml")
    .action((options: ModelsOptions) => list(options, context));
  models
    .command("check")
    .summary("ask each backend whether it is there")
    .description(
      "Ask each backend whether it can be reached and has its model, without making a picture. Exit code 1 when one fails.",
    )
    .option("--models <file>", MODELS_HELP)
    .option("--json", "print the findings as JSON")
    .addHelpText("after", "\nExample:\n  $ pickapic models check")
    .action((options: ModelsOptions) => check(options, context));
  models
    .command("add")
    .summary("add a model to models.yaml")
    .description("Add a model to models.yaml, which is made if it is not there. What stands in it stays.")
    .argument("<kind>", "openai, a1111, sdcpp, comfy, aiSdk, command, folder or original")
    .argument("<target>", "an address, a provider, a command line or a folder")
    .option("--name <name>", "how the model is called (default: --model, else the kind)")
    .option("--model <name>", "the name by which the backend knows the model")
    .option("--key <name>", "name of the environment variable that holds the key, not the key itself")
    .option("--set <field=value...>", "further fields, such as --set weight=2 guidance=[3,12]")
    .option("--models <file>", "the file (default: PICKAPIC_MODELS, else models.yaml)")
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic models add a1111 http://127.0.0.1:7860
  $ pickapic models add openai https://api.openai.com/v1 --model gpt-image-2 --key OPENAI_API_KEY --set price=0.04 costPerDay=5`,
    )
    .action((kind: string, target: string, options: AddOptions) => add(kind, target, options, context));
}

interface Listed {
  name: string;
  backend: string;
  /** Share of the images, 0...1. */
  share: number;
  size: string | null;
  steps: number | null;
  guidance: readonly number[] | null;
  perDay: string | null;
  /** For a ranked entry: how its images are picked. Null for any other model. */
  ranked: { base: string; n: number; scorer: string | null } | null;
}

async function list(options: ModelsOptions, context: Context): Promise<void> {
  const generators = await openGenerators(options.models, context, { picks: true });
  const listed = listedOf(generators.backends());
  await generators.close();
  const columns = ["model", "backend", "share", "size", "steps", "guidance", "per day", "picked"].map((head) => ({ head }));
  const rows = listed.map(({ name, backend, share, size, steps, guidance, perDay, ranked }) => [
    name,
    backend,
    `${(100 * share).toFixed(1)} %`,
    size ?? "its own",
    steps === null ? "its own" : `${steps}`,
    guidance === null ? "none" : guidance.join(" to "),
    perDay ?? "no limit",
    ranked ? `best of ${ranked.n} of ${ranked.base}, by ${ranked.scorer ?? "the app's scorer"}` : "no",
  ]);
  result(context, options.json, { models: listed }, () => table(context.stdout, columns, rows));
  note(context, generators.origin);
}

function listedOf(backends: readonly Backend[]): Listed[] {
  const all = backends.flatMap((backend) => backend.models.map((model) => ({ backend: backend.name, model })));
  const total = all.reduce((sum, { model }) => sum + weightOf(model), 0);
  return all.map(({ backend, model }) => ({
    name: model.name,
    backend,
    share: total === 0 ? 0 : weightOf(model) / total,
    size: model.width === null || model.height === null ? null : `${model.width}x${model.height}`,
    steps: model.steps,
    guidance: model.guidance === undefined ? [3, 12] : model.guidance,
    perDay: model.perDay?.reason ?? null,
    ranked: model.ranked ? { base: model.ranked.base, n: model.ranked.n, scorer: model.ranked.scorer ?? null } : null,
  }));
}

const weightOf = ({ weight = 1 }: BackendModel): number => weight;

async function check(options: ModelsOptions, context: Context): Promise<void> {
  const generators = await openGenerators(options.models, context, { picks: true });
  const backends = generators.backends();
  const findings = await Promise.all(backends.map((backend) => checkOne(backend, context))).finally(generators.close);
  for (const [scorer, models] of scorersOf(backends, context)) findings.push(await checkScorer(scorer, models));
  const lines = findings.map(({ models, ok, found }) => `${ok ? "ok    " : "FAILED"} ${models.join(", ")}: ${found}`);
  result(context, options.json, { backends: findings }, () => lines.join("\n"));
  const failed = findings.filter(({ ok }) => !ok).length;
  if (failed > 0) throw new CliError("PICKAPIC_CLI_MODELS_FAILED", failed, findings.length);
}

/** What was found about a backend, or about the scorer of ranked entries. */
interface Finding {
  models: string[];
  ok: boolean;
  found: string;
}

async function checkOne(backend: Backend, { signal }: Context): Promise<Finding> {
  const models = backend.models.map(({ name }) => name);
  try {
    const found = (await backend.check?.(AbortSignal.any([signal, AbortSignal.timeout(CHECK_MS)]))) ?? "needs nothing";
    return { models, ok: true, found };
  } catch (error) {
    signal.throwIfAborted();
    return { models, ok: false, found: messageOf(error) };
  }
}

/** The scorers that pick the images of ranked entries, each with the names of its entries. Undefined: the app has none. */
function scorersOf(backends: readonly Backend[], { env }: Context): Map<string | undefined, string[]> {
  const scorers = new Map<string | undefined, string[]>();
  for (const { name, ranked } of backends.flatMap(({ models }) => models)) {
    if (!ranked) continue;
    const scorer = ranked.scorer ?? (env.PICKAPIC_JUDGE || undefined);
    scorers.set(scorer, [...(scorers.get(scorer) ?? []), name]);
  }
  return scorers;
}

/** Opens and closes a scorer, as the app does at its start. */
async function checkScorer(scorer: string | undefined, models: string[]): Promise<Finding> {
  if (scorer === undefined)
    return { models, ok: false, found: "no scorer picks their pictures: set PICKAPIC_JUDGE, or start the app with --scorer" };
  try {
    const { openNamedScorer } = await import("@pickapic/pickscore/scorers");
    const opened = await openNamedScorer(scorer);
    await opened.close();
    return { models, ok: true, found: `the scorer ${scorer} picks their pictures` };
  } catch (error) {
    return { models, ok: false, found: `the scorer ${scorer} cannot be used: ${messageOf(error)}` };
  }
}

async function add(kind: string, target: string, options: AddOptions, context: Context): Promise<void> {
  const { fieldValue, openRoster, withModel } = await import("@pickapic/generation/models");
  const file = modelsFile(options.models, context) ?? MODELS_FILE;
  const { name, model, key, set = [] } = options;
  const fields = Object.fromEntries(set.map((text) => fieldOf(text, fieldValue)));
  const entry = { ...(name && { name }), [kind]: target, ...(model && { model }), ...(key && { key }), ...fields };
  const before = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const after = withModel(before, entry, file);
  await writeWholeFile(file, after);
  note(context, `${file} has the model "${name ?? model ?? kind}" now. Check it with: pickapic models check`);
  // A secret that is not set yet, or a file that is not there, is worth a warning, and no reason to refuse the entry.
  await openRoster(file, { environment: context.env }).then(
    (roster) => roster.close(),
    (error: unknown) => note(context, `It cannot be used yet: ${messageOf(error)}`),
  );
}

/** A field as the command line gives it: its value is read as YAML. */
function fieldOf(text: string, parse: (text: string) => unknown): [string, unknown] {
  const [, field, value] = /^([A-Za-z]+)=(.*)$/s.exec(text) ?? [];
  if (field === undefined || value === undefined)
    throw new CliError("PICKAPIC_USAGE_ARGUMENT", `--set: expected field=value, such as weight=2; got "${text}".`);
  return [field, parse(value)];
}
