/** @file Recognises pickled weights. Opening a pickle can run any code, so none is ever opened. */

/** File names of pickles: those of transformers and open_clip, whole or in shards with an index, and those of torch's users. */
const PICKLE = /^(open_clip_)?pytorch_model.*\.bin(\.index\.json)?$|\.(pt|pth|ckpt)$/;

/** Returns the first pickle among file names, if there is one. */
export const pickleAmong = (names: readonly string[]): string | undefined => names.filter((name) => PICKLE.test(name)).sort()[0];
