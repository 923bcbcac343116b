/** @file The files of a checkpoint by name. Downloads use these names without loading anything else of this package. */

/** The file of all weights of a model that is not sharded. */
export const WEIGHTS = "model.safetensors";
/** The file that says, for a sharded model, which file holds which tensor. */
export const WEIGHTS_INDEX = "model.safetensors.index.json";

/** Names of the files of a CLIP tokenizer. */
export const TOKENIZER_FILES = [
  "tokenizer.json",
  "vocab.json",
  "merges.txt",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
];

/** File names of pickles: those of transformers and open_clip, whole or in shards with an index, and those of torch's users. */
const PICKLE = /^(open_clip_)?pytorch_model.*\.bin(\.index\.json)?$|\.(pt|pth|ckpt)$/;

/** Returns the first pickle among file names, if there is one. Opening a pickle can run any code, so none is ever opened. */
export const pickleAmong = (names: readonly string[]): string | undefined => names.filter((name) => PICKLE.test(name)).sort()[0];
