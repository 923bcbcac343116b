/** @file `pickapic model convert`: writes a model with another dtype, or as ONNX. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type Checkpoint,
  convertCheckpoint,
  isOpenClip,
  openCheckpoint,
  openOpenClip,
  type WeightKind,
  weightKind,
} from "@pickapic/clip";
import { duration } from "@pickapic/report/figures";
import { type Context, result } from "../context.ts";
import { CliError } from "../errors.ts";
import { showProgress } from "../progress.ts";
import { table } from "../table.ts";
import { findWithProgress } from "./fetch.ts";
import { weightsOf } from "./files.ts";

/** The options of `pickapic model convert`. Without `dtype` the weights keep their kind; a mixture becomes f32. */
export interface ConvertOptions {
  out: string;
  dtype?: WeightKind;
  onnx?: boolean;
  processor?: string;
  json?: boolean;
}

interface Converted {
  model: string;
  folder: string;
  weights: WeightKind;
  /** Size of the weights that were read. */
  bytesBefore: number;
  /** Size of the weights that were written. */
  bytes: number;
  /** The path of model.onnx, or null. */
  onnx: string | null;
  seconds: number;
}

/**
 * Writes a model with other weights to `out` and prints what it has become.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for ONNX with bf16; the errors of finding, opening and converting a checkpoint
 */
export async function convert(model: string, options: ConvertOptions, context: Context): Promise<void> {
  if (options.onnx && options.dtype === "bf16")
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      "--onnx: expected --dtype f32, f16 or int8; runtimes do not compute with bf16.",
    );
  const checkpoint = await openSource(model, options.processor, context);
  const out = resolve(options.out);
  const kind = options.dtype ?? weightKind(checkpoint) ?? "f32";
  const started = context.now();
  context.goOn = `Nothing was written to ${options.out}.`;
  const view = showProgress(context, "writing");
  try {
    await convertCheckpoint(checkpoint, out, kind, {
      onnx: options.onnx ?? false,
      signal: context.signal,
      onProgress: (progress) => view.update({ ...progress, unit: "tensors" }),
    });
  } finally {
    view.stop();
  }
  const converted: Converted = {
    model,
    folder: out,
    weights: kind,
    bytesBefore: await sizeOf(checkpoint),
    bytes: await sizeOf(await openCheckpoint(out)),
    onnx: options.onnx ? join(out, "model.onnx") : null,
    seconds: (context.now() - started) / 1000,
  };
  result(context, options.json, converted, () => text(context, converted));
}

/** Opens the model to convert: a folder of open_clip, or any model of transformers. */
async function openSource(model: string, processor: string | undefined, context: Context): Promise<Checkpoint> {
  if (!(await isOpenClip(resolve(model)))) {
    const { folder, processorFolder } = await findWithProgress(model, processor, context);
    return openCheckpoint(folder, { processorFolder });
  }
  const isHere = processor !== undefined && existsSync(resolve(processor));
  const processorFolder = isHere
    ? resolve(processor)
    : processor && (await findWithProgress(processor, undefined, context)).folder;
  return openOpenClip(resolve(model), { processorFolder });
}

async function sizeOf(checkpoint: Checkpoint): Promise<number> {
  const { files } = await weightsOf(checkpoint);
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function text(context: Context, { model, folder, weights, bytes, bytesBefore, onnx, seconds }: Converted): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB, ${((100 * bytes) / bytesBefore).toFixed(0)} % of what it was`;
  const rows = [
    ["folder", folder],
    ["weights", `${weights}, ${size}`],
    ...(onnx ? [["ONNX", `${onnx}, which needs model.safetensors beside it`]] : []),
    ["time", duration(seconds)],
  ];
  return table(context.stdout, [{ head: model }, { head: "" }], rows);
}
