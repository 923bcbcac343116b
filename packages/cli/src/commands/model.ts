/** @file `pickapic model`: fetches models, describes them, and writes them with another dtype or as ONNX. */
import type { WeightKind } from "@pickapic/clip";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import type { ConvertOptions } from "../model/convert.ts";
import type { InfoOptions } from "../model/info.ts";
import type { PullOptions } from "../model/pull.ts";
import { JSON_RESULT, PROCESSOR } from "../options.ts";

const MODEL = "pickscore-toy, clip-toy, a folder in the layout of Hugging Face, or ORG/NAME[@REVISION] of the hub";

/** The values of --dtype. They are repeated here, so that --help does not load the engine. */
const KINDS = ["f32", "f16", "bf16", "int8"] as const satisfies readonly WeightKind[];

/** Adds `pickapic model` with pull, info and convert. */
export function registerModel(program: Command, context: Context): void {
  const model = program.command("model").description("fetch models, look into them, write them otherwise");
  registerPull(model, context);
  registerInfo(model, context);
  registerConvert(model, context);
}

function registerPull(model: Command, context: Context): void {
  model
    .command("pull")
    .summary("fetch a model of the Hugging Face hub")
    .description(
      "Fetch a model of the Hugging Face hub into the cache that Python shares. A download that was broken off is gone on with; every file is checked against its checksum. HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, HF_HOME and HF_HUB_CACHE count.",
    )
    .argument("<name>", "ORG/NAME, or ORG/NAME@REVISION")
    .option("--processor <name>", PROCESSOR)
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic model pull yuvalkirstain/PickScore_v1
  $ pickapic model pull openai/clip-vit-large-patch14@main`,
    )
    .action(async (name: string, options: PullOptions) => (await import("../model/pull.ts")).pull(name, options, context));
}

function registerInfo(model: Command, context: Context): void {
  model
    .command("info")
    .summary("print what a model is")
    .description(
      "Print sizes, kind of weights and conventions of a model. One of the hub is fetched first when the cache has it not.",
    )
    .argument("[model]", `${MODEL} (default: list the shipped ones)`)
    .option("--processor <name>", PROCESSOR)
    .option("--sha256", "also print the checksums of the weights")
    .option(...JSON_RESULT)
    .addHelpText("after", "\nExamples:\n  $ pickapic model info\n  $ pickapic model info runs/mine --sha256")
    .action(async (name: string | undefined, options: InfoOptions) =>
      (await import("../model/info.ts")).info(name, options, context),
    );
}

function registerConvert(model: Command, context: Context): void {
  model
    .command("convert")
    .summary("write a model with other weights, or as ONNX")
    .description(
      "Write a model into another folder. f32, f16 and bf16 are for Python's transformers and for pickapic, int8 (a quarter of f32, and faster) is for pickapic. With --onnx the folder also gets model.onnx, which runs in any ONNX Runtime with batches of any size; its weights are the model.safetensors beside it. A ViT CLIP of open_clip, as a folder with open_clip_config.json and open_clip_model.safetensors, becomes one of transformers.",
    )
    .argument("<model>", MODEL)
    .requiredOption("--out <folder>", "where to; with --onnx it may be the model's own folder")
    .addOption(new Option("--dtype <kind>", "kind of weights (default: as they are)").choices(KINDS))
    .option("--onnx", "also write model.onnx (f32, f16 or int8)")
    .option("--processor <name>", PROCESSOR)
    .option(...JSON_RESULT)
    .addHelpText(
      "after",
      `
Examples:
  $ pickapic model convert runs/mine --out runs/mine-int8 --dtype int8
  $ pickapic model convert ./open-clip-folder --out vit-b-32 --processor openai/clip-vit-base-patch32
  $ pickapic model convert yuvalkirstain/PickScore_v1 --out pickscore-onnx --onnx`,
    )
    .action(async (name: string, options: ConvertOptions) =>
      (await import("../model/convert.ts")).convert(name, options, context),
    );
}
