/** @file Weights that are pickles: opening one can run any code that is in it, so none is ever opened. */

/** As transformers and open_clip name them, whole or in shards with their index, and as torch's users do. */
const PICKLE = /^(open_clip_)?pytorch_model.*\.bin(\.index\.json)?$|\.(pt|pth|ckpt)$/;

/** The first pickle among the names of files, if there is one. */
export const pickleAmong = (names: readonly string[]): string | undefined => names.filter((name) => PICKLE.test(name)).sort()[0];
