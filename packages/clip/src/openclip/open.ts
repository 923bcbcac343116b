/** @file Opens a checkpoint of open_clip like one of transformers: the same weights under other names. */

import { join } from "node:path";
import { entryOf, floatAt, itemAt } from "@pickapic/errors";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { listTensors, type TensorEntry } from "../checkpoint/safetensors.ts";
import { isFile, readJson, readTokenizer } from "../checkpoint/settingsFiles.ts";
import { checkFinite, readTensor } from "../checkpoint/tensorValues.ts";
import { checkTensors } from "../checkpoint/weightFiles.ts";
import { ClipError } from "../errors.ts";
import { type Parameters, parameterShapes, type Shape } from "../model/parameters.ts";
import { parseOpenClip } from "./config.ts";

const OPEN_CLIP_CONFIG = "open_clip_config.json";
const WEIGHTS = ["open_clip_model.safetensors", "model.safetensors"];

/** Where a tensor comes from. */
interface Origin {
  /** Its name in open_clip. */
  readonly name: string;
  /** Its shape in open_clip. */
  readonly shape: Shape;
  /** Which rows to take: all, all transposed, or one of three equal blocks of rows. */
  readonly rows: "all" | "transposed" | 0 | 1 | 2;
}

/** Whether a folder holds a checkpoint of open_clip and none of transformers. */
export async function isOpenClip(folder: string): Promise<boolean> {
  return (await isFile(join(folder, OPEN_CLIP_CONFIG))) && !(await isFile(join(folder, "config.json")));
}

/**
 * Opens a folder with open_clip_config.json and open_clip_model.safetensors (or model.safetensors), as open_clip's save_for_hf
 * writes it. Pictures are preprocessed as open_clip_config.json says.
 * @param options.processorFolder folder of the tokenizer, if not that of the weights
 * @throws ClipError, naming the file and what is wrong with it
 */
export async function openOpenClip(folder: string, options: { processorFolder?: string } = {}): Promise<Checkpoint> {
  const file = join(folder, OPEN_CLIP_CONFIG);
  const { config, processor } = parseOpenClip(await readJson(file), file);
  const theirs = await listTensors(await weightsIn(folder));
  const isCustom = theirs.has("text.token_embedding.weight");
  const origins = new Map([...parameterShapes(config)].map(([name, shape]) => [name, originOf(name, shape, isCustom)]));
  const expected = new Map(
    [...origins.values()].map(({ name, shape }) => [name, { shape, dtypes: ["F32", "F16", "BF16"] as const }]),
  );
  checkTensors(folder, expected, theirs, OPEN_CLIP_CONFIG);
  const read = async (name: string) => {
    const origin = origins.get(name);
    if (!origin) throw new Error(`Checkpoint.read: ${name} is not a tensor of a CLIP`);
    return readOrigin(origin, entryOf(theirs, origin.name));
  };
  return {
    folder,
    config,
    processor,
    tensors: new Map([...origins].map(([name, origin]) => [name, entryOf(theirs, origin.name)])),
    tokenizer: await readTokenizer(options.processorFolder ?? folder, config.text),
    read,
    async readAll() {
      const parameters: Parameters = new Map();
      for (const name of origins.keys()) {
        const data = await read(name);
        checkFinite(folder, name, data);
        parameters.set(name, data);
      }
      return parameters;
    },
  };
}

async function weightsIn(folder: string): Promise<string> {
  for (const name of WEIGHTS) if (await isFile(join(folder, name))) return join(folder, name);
  throw new ClipError(
    "PICKAPIC_CLIP_FILE_MISSING",
    folder,
    `${WEIGHTS[0]} beside ${OPEN_CLIP_CONFIG}`,
    `it is not there: save it in Python with safetensors.torch.save_file(model.state_dict(), "${WEIGHTS[0]}"). Pickles are not opened`,
  );
}

/** Reads a tensor of open_clip, and returns the rows of it that make up a tensor of transformers. */
async function readOrigin({ name, shape, rows }: Origin, entry: TensorEntry): Promise<Float32Array> {
  const data = await readTensor(name, entry);
  if (rows === "all") return data;
  if (rows === "transposed") return transposed(data, itemAt(shape, 0), itemAt(shape, 1));
  const third = data.length / 3;
  return data.slice(rows * third, (rows + 1) * third);
}

/** [rows, columns] to [columns, rows] */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = floatAt(data, row * columns + column);
  return turned;
}

/** Names of tensors outside the layers and, for those inside, the names after the layer's number; ours -> open_clip's. */
const NAMES: Readonly<Record<string, string>> = {
  logit_scale: "logit_scale",
  "text_model.embeddings.token_embedding.weight": "TEXT.token_embedding.weight",
  "text_model.embeddings.position_embedding.weight": "TEXT.positional_embedding",
  "text_model.final_layer_norm": "TEXT.ln_final",
  "vision_model.embeddings.class_embedding": "visual.class_embedding",
  "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
  "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
  "vision_model.pre_layrnorm": "visual.ln_pre",
  "vision_model.post_layernorm": "visual.ln_post",
};
const IN_LAYERS: Readonly<Record<string, string>> = {
  layer_norm1: "ln_1",
  layer_norm2: "ln_2",
  "mlp.fc1": "mlp.c_fc",
  "mlp.fc2": "mlp.c_proj",
  "self_attn.out_proj": "attn.out_proj",
};

/** open_clip stores queries, keys and values of a layer as one tensor, in this order. */
const THIRDS: ReadonlyMap<string, 0 | 1 | 2> = new Map([
  ["self_attn.q_proj", 0],
  ["self_attn.k_proj", 1],
  ["self_attn.v_proj", 2],
]);

/** Returns where a tensor of transformers comes from in open_clip. @param isCustom whether the text tower is a module of its own (CustomTextCLIP), whose tensors begin with "text." */
function originOf(name: string, shape: Shape, isCustom: boolean): Origin {
  const text = isCustom ? "text." : "";
  const all = (theirs: string): Origin => ({ name: theirs.replace("TEXT.", text), shape, rows: "all" });
  if (name === "text_projection.weight") return { name: `${text}text_projection`, shape: shape.toReversed(), rows: "transposed" };
  if (name === "visual_projection.weight") return { name: "visual.proj", shape: shape.toReversed(), rows: "transposed" };
  const layer = /^(text|vision)_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name);
  if (layer) {
    const [, tower, index, inner = "", kind] = layer;
    const block = `${tower === "text" ? text : "visual."}transformer.resblocks.${index}`;
    const third = THIRDS.get(inner);
    if (third === undefined) return all(`${block}.${IN_LAYERS[inner]}.${kind}`);
    const [rows = 0, ...columns] = shape;
    return { name: `${block}.attn.in_proj_${kind}`, shape: [3 * rows, ...columns], rows: third };
  }
  const whole = NAMES[name];
  if (whole !== undefined) return all(whole);
  const dot = name.lastIndexOf(".");
  return all(`${NAMES[name.slice(0, dot)]}${name.slice(dot)}`);
}
