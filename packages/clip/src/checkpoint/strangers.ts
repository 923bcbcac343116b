/** @file Recognises files and weights of other kinds that were given in place of a CLIP of transformers, and says what to do. */

import { closeSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { placeholderOf, SIGNATURE_BYTES, type SignatureKind, signatureOf } from "@pickapic/disk";

/** What to do with a file of another kind that was given as weights. */
const OTHER_WEIGHTS: { readonly [kind in SignatureKind]?: string } = {
  gguf: "it is a GGUF file, for llama.cpp: take the model's safetensors",
  hdf5: "it is an HDF5 file, of TensorFlow: take the model's safetensors",
};

/**
 * Says what was given instead of JSON or safetensors, and what to do; null when unknown.
 * @param start the first `SIGNATURE_BYTES` of the file, or all of it
 */
export function strangerOf(start: Uint8Array): string | null {
  const kind = signatureOf(start);
  if (kind === "git-lfs-pointer") return `${placeholderOf(start)}, or fetch the model with \`pickapic model pull\``;
  if (kind === "zip" || isBarePickle(start))
    return "it is a pickle of PyTorch, and opening a pickle can run any code that is in it: save it as model.safetensors in Python (model.save_pretrained)";
  return (kind && OTHER_WEIGHTS[kind]) ?? placeholderOf(start) ?? null;
}

/** What `strangerOf` says of a file on disk; null when unknown. */
export function strangerAt(file: string): string | null {
  const handle = openSync(file, "r");
  try {
    const start = Buffer.alloc(SIGNATURE_BYTES);
    return strangerOf(start.subarray(0, readSync(handle, start)));
  } finally {
    closeSync(handle);
  }
}

/** A pickle starts with this byte and its protocol. */
const isBarePickle = ([first, protocol = 0]: Uint8Array): boolean => first === 0x80 && protocol >= 2 && protocol <= 5;

/** Says what a folder without an expected file contains instead, as an addition to a sentence; empty when unknown. */
export async function strangerIn(folder: string): Promise<string> {
  return strangerAmong(await readdir(folder).catch(() => []));
}

/** Says what a folder contains instead of an expected file, from the names of its files; empty when unknown. */
export function strangerAmong(names: readonly string[]): string {
  const has = (pattern: RegExp) => names.find((name) => pattern.test(name));
  const openClip = has(/^open_clip_(config\.json|model\.safetensors)$/);
  if (openClip)
    return `, but ${openClip} of open_clip: convert it first with \`pickapic model convert FOLDER --out OTHER-FOLDER\``;
  const pickle = has(/\.(bin|pt|pth|ckpt|pkl)$/);
  if (pickle)
    return `, but ${pickle}, a pickle, which is never opened: save it as model.safetensors in Python (model.save_pretrained)`;
  if (has(/^model_index\.json$/)) return ", but a pipeline of diffusers: name the CLIP itself";
  if (has(/^adapter_(config\.json|model\.safetensors)$/))
    return ", but an adapter of peft: merge it into its model in Python (merge_and_unload)";
  const other = names.find((name) => name.endsWith(".safetensors") && name !== "model.safetensors");
  return other ? `, but ${other}: is it another model, or another name?` : "";
}

/** Says where tensors with wrong names or dtypes come from, and what to do; null when unknown. */
export function remedyFor(found: readonly (readonly [name: string, tensor: { readonly dtype: string }])[]): string | null {
  const names = found.map(([name]) => name);
  const all = (pattern: RegExp) => names.length > 0 && names.every((name) => pattern.test(name));
  const some = (pattern: RegExp) => names.some((name) => pattern.test(name));
  const prefix = /^(module|model|_orig_mod|clip|clip_model)\./.exec(names.find((name) => name !== "logit_scale") ?? "")?.[0];
  if (prefix && all(new RegExp(`^${prefix.replace(".", "\\.")}`)))
    return `every name begins with "${prefix}", as a wrapper in training leaves it: save it in Python without the wrapper (model.${prefix}save_pretrained)`;
  if (some(/transformer\.resblocks\./))
    return "these are the names of open_clip: put open_clip_config.json beside it, remove config.json and convert it with `pickapic model convert`";
  if (some(/^text_model\./) && !some(/^vision_model\./))
    return "it is the text tower of a CLIP alone, and scoring needs both: take the whole CLIPModel";
  if (some(/^vision_model\./) && !some(/^text_model\./))
    return "it is the image tower of a CLIP alone, and scoring needs both: take the whole CLIPModel";
  if (found.some(([, { dtype }]) => dtype === "F64"))
    return "it is in 64 bits: save it in Python as 32 (model.float().save_pretrained)";
  return null;
}
