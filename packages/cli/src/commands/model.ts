/** @file `pickapic model`: what a model folder holds. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { type Context, result } from "../context.ts";
import { table } from "../table.ts";

interface InfoOptions {
  json?: boolean;
}

export function registerModel(program: Command, context: Context): void {
  const model = program.command("model").description("look into models");
  model
    .command("info")
    .description("print size and shape of a shipped model, or of a folder in the layout of Hugging Face")
    .argument("[model]", "pickscore-toy, clip-toy, or a folder (default: list the shipped ones)")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExamples:\n  $ pickapic model info\n  $ pickapic model info runs/mine")
    .action((name: string | undefined, options: InfoOptions) => info(name, options, context));
}

interface ModelInfo {
  name: string;
  folder: string;
  parameters: number;
  /** of model.safetensors */
  bytes: number;
  projection: number;
  text: { layers: number; width: number; positions: number; words: number };
  image: { layers: number; width: number; side: number; patch: number };
  /** T = exp(logit_scale) */
  temperature: number;
}

async function info(name: string | undefined, options: InfoOptions, context: Context): Promise<void> {
  const { shippedModels } = await import("@pickapic/pickscore");
  const models: ModelInfo[] = [];
  for (const each of name === undefined ? shippedModels() : [name]) models.push(await describe(each));
  result(context, options.json, name === undefined ? { models } : (models[0] ?? {}), () =>
    models.map((model) => text(context, model)).join("\n"),
  );
}

async function describe(name: string): Promise<ModelInfo> {
  const [{ modelFolder }, { openCheckpoint }] = await Promise.all([import("@pickapic/pickscore"), import("@pickapic/clip")]);
  const folder = modelFolder(name);
  const { config, tensors, read } = await openCheckpoint(folder);
  const { text, vision } = config;
  const sizes = [...tensors.values()].map(({ shape }) => shape.reduce((product, side) => product * side, 1));
  return {
    name,
    folder,
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    bytes: (await stat(join(folder, "model.safetensors"))).size,
    projection: config.projectionDim,
    text: { layers: text.layers, width: text.hiddenSize, positions: text.maxPositions, words: text.vocabSize },
    image: { layers: vision.layers, width: vision.hiddenSize, side: vision.imageSize, patch: vision.patchSize },
    temperature: Math.exp((await read("logit_scale"))[0] ?? Number.NaN),
  };
}

function text(context: Context, model: ModelInfo): string {
  const { text: words, image } = model;
  const rows = [
    ["folder", model.folder],
    ["parameters", model.parameters.toLocaleString("en-US")],
    ["file", `${(model.bytes / 1e6).toFixed(1)} MB`],
    [
      "text tower",
      `${words.layers} layers of width ${words.width}, ${words.positions} positions, ${words.words.toLocaleString("en-US")} tokens`,
    ],
    ["image tower", `${image.layers} layers of width ${image.width}, ${image.side} px in patches of ${image.patch} px`],
    ["embedding", `${model.projection} numbers, temperature ${model.temperature.toFixed(1)}`],
  ];
  return table(context.stdout, [{ head: model.name }, { head: "" }], rows);
}
