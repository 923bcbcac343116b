/** @file `pickapic model info`: prints sizes, dtype and conventions of a model. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint, type TowerConfig } from "@pickapic/clip";
import { type Context, result } from "../context.ts";
import { table } from "../table.ts";
import { findWithProgress, keptStart, startKeptText } from "./fetch.ts";
import { type WeightFile, weightsOf } from "./files.ts";

/** The options of `pickapic model info`. With `sha256` the weights are read for their checksums, which takes a while. */
export interface InfoOptions {
  processor?: string;
  sha256?: boolean;
  json?: boolean;
}

interface Tower {
  layers: number;
  width: number;
  heads: number;
  activation: TowerConfig["act"];
}

interface ModelInfo {
  name: string;
  folder: string;
  processorFolder: string;
  /** Number of parameters, with the temperature. */
  parameters: number;
  /** f32, f16, bf16, int8, or mixed */
  weights: string;
  /** Size of the weights. */
  bytes: number;
  files: WeightFile[];
  /** True if there is a model.onnx. */
  onnx: boolean;
  projection: number;
  /** `end` is the id of the token whose state becomes the embedding of the text, or "highest id". */
  text: Tower & { positions: number; words: number; end: number | "highest id" };
  image: Tower & { side: number; patch: number };
  /** T = exp(logit_scale) */
  temperature: number;
  /** The model that a training run started from, if it kept those weights. Otherwise null. */
  startKept: string | null;
}

/** Prints what a model holds, or each model that ships when no name is given; as JSON an object, or `{ models }`. */
export async function info(name: string | undefined, options: InfoOptions, context: Context): Promise<void> {
  const { shippedModels } = await import("@pickapic/pickscore");
  const models: ModelInfo[] = [];
  for (const each of name === undefined ? shippedModels() : [name]) models.push(await describe(each, options, context));
  result(context, options.json, name === undefined ? { models } : (models[0] ?? {}), () =>
    models.map((model) => text(context, model)).join("\n"),
  );
}

async function describe(name: string, { processor, sha256 }: InfoOptions, context: Context): Promise<ModelInfo> {
  const { folder, processorFolder } = await findWithProgress(name, processor, context);
  const checkpoint = await openCheckpoint(folder, { processorFolder });
  const { kind, files } = await weightsOf(checkpoint, sha256);
  return {
    name,
    folder,
    processorFolder,
    parameters: countParameters(checkpoint),
    weights: kind,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    files,
    onnx: existsSync(join(folder, "model.onnx")),
    ...architecture(checkpoint),
    temperature: Math.exp((await checkpoint.read("logit_scale"))[0] ?? Number.NaN),
    startKept: await keptStart(folder),
  };
}

function architecture({ config: { text, vision, projectionDim } }: Checkpoint) {
  const tower = ({ layers, hiddenSize: width, heads, act: activation }: TowerConfig): Tower => ({
    layers,
    width,
    heads,
    activation,
  });
  const end = text.eosTokenId === 2 ? ("highest id" as const) : text.eosTokenId;
  return {
    projection: projectionDim,
    text: { ...tower(text), positions: text.maxPositions, words: text.vocabSize, end },
    image: { ...tower(vision), side: vision.imageSize, patch: vision.patchSize },
  };
}

/** Counts the parameters. The scales of int8 weights are left out, because they only say how weights are stored. */
function countParameters({ tensors }: Checkpoint): number {
  const sizes = [...tensors].filter(([name]) => !(name.endsWith("_scale") && name !== "logit_scale"));
  return sizes.reduce((sum, [, { shape }]) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

function text(context: Context, model: ModelInfo): string {
  const { text: words, image } = model;
  const tower = ({ layers, width, heads, activation }: Tower) =>
    `${layers} layers of width ${width}, ${heads} heads, ${activation}`;
  const rows = [
    ["folder", model.folder],
    ...(model.processorFolder === model.folder ? [] : [["processor", model.processorFolder]]),
    ["parameters", model.parameters.toLocaleString("en-US")],
    ["weights", `${model.weights}, ${(model.bytes / 1e6).toFixed(1)} MB${model.files.length > 1 ? ` in ${model.files.length} files` : ""}${model.onnx ? ", and model.onnx" : ""}`],
    ...model.files.flatMap(({ name, sha256 }) => (sha256 ? [[`sha256`, `${sha256}  ${name}`]] : [])),
    ["text tower", `${tower(words)}; ${words.positions} positions, ${words.words.toLocaleString("en-US")} tokens, ends at ${words.end === "highest id" ? "the highest id" : `id ${words.end}`}`],
    ["image tower", `${tower(image)}; ${image.side} px in patches of ${image.patch} px`],
    ["embedding", `${model.projection} numbers, temperature ${model.temperature.toFixed(1)}`],
  ]; // biome-ignore format: one row a line
  const said = model.startKept === null ? "" : `${startKeptText(model.name, model.startKept)}\n`;
  return `${table(context.stdout, [{ head: model.name }, { head: "" }], rows)}${said}`;
}
