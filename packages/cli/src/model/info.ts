/** @file `pickapic model info`: what a model holds. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint, type TowerConfig } from "@pickapic/clip";
import { type Context, result } from "../context.ts";
import { table } from "../table.ts";
import { findWithProgress, keptStart, startKeptText } from "./fetch.ts";
import { type WeightFile, weightsOf } from "./files.ts";

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
  /** Numbers, the temperature among them. */
  parameters: number;
  /** f32, f16, bf16, int8, or mixed */
  weights: string;
  /** of the weights */
  bytes: number;
  files: WeightFile[];
  /** There is a model.onnx. */
  onnx: boolean;
  projection: number;
  /** `end`: the id of the token that stands for a text, or "highest id" */
  text: Tower & { positions: number; words: number; end: number | "highest id" };
  image: Tower & { side: number; patch: number };
  /** T = exp(logit_scale) */
  temperature: number;
  /** What the weights are, where a training run has kept those that it started from; else null. */
  startKept: string | null;
}

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

/** Scales of integers are part of how numbers are stored, not numbers of the model. */
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
